// Calls an API with the connection "acme": AGENT_SOCKET=PATH go run main.go URL
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
)

var agent = http.Client{Transport: &http.Transport{
	DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", os.Getenv("AGENT_SOCKET"))
	},
}}

// authorize gives a request the headers of a connection's token.
func authorize(request *http.Request, name string) error {
	answer, err := agent.Get("http://agent/v1/connections/" + url.PathEscape(name) + "/token")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	told := struct {
		Headers map[string]string `json:"headers"`
		Why     string            `json:"error_description"`
	}{}
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		return err
	}
	if answer.StatusCode != 200 {
		return errors.New(told.Why)
	}
	for key, value := range told.Headers {
		request.Header.Set(key, value)
	}
	return nil
}

func main() {
	request, err := http.NewRequest("GET", os.Args[1], nil)
	if err == nil {
		err = authorize(request, "acme")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(response.StatusCode)
}
