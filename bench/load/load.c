/* A closed-loop HTTP/1.1 load generator: N keep-alive connections, one request in flight on each.
 *
 * It exists because the generator shares the machine with the server under test: every microsecond
 * it burns is taken from the figure it prints. It reads answers just enough to check the status
 * and, in a chain of renewals, to put the refresh token it was given into its next request.
 *
 *   load --host 127.0.0.1 --port 8080 --connections 64 --seconds 5 --warmup 1 --expect 200
 *        --head FILE --body FILE [--tokens FILE] [--next MARKER] [--save FILE]
 *
 * FILE of --head: request line and headers, CRLF, without Content-Length and the empty line.
 * FILE of --body: may be empty. "{{token}}" in either is replaced by a token.
 * --tokens: one a line, dealt out to the connections, each of which goes round its own.
 * --next:   what stands before the token in an answer; absent, tokens are used again as they are.
 * --save:   where the tokens as they are at the end go, so that a later burst can go on.
 *
 * Prints one JSON object; see bench/load/burst.py, which is its only caller.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 65536, TOKEN = 1024, SUB = 64, BUCKETS = 40 * SUB, LIVES = 20 };
static const double DRAIN_SECONDS = 10;

struct connection {
    int fd;
    int lives;               /* failures in a row before it is given up */
    char (*tokens)[TOKEN];   /* its share, gone round in order */
    int count, current;
    double sent_at;
    size_t got;
    char in[BUFFER];
};

static struct {
    const char *host, *next, *save;
    char *head, *body, (*tokens)[TOKEN];
    int port, connections, expect, token_count;
    double seconds, warmup;
} job = {.host = "127.0.0.1", .connections = 64, .expect = 200, .seconds = 5};

static struct {
    double from, until;      /* the measured span, seconds of the monotonic clock */
    long ok, all, statuses[1000], broken, no_token, late;
    long histogram[BUCKETS];
    double longest;
    int alive, idle, last_bad;
    char bad_answer[400];
} run;

static void die(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "bad argument");
    exit(2);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- latencies: buckets of 1/64 of a power of two of microseconds ---- */

static int bucket_of(double seconds) {
    unsigned long us = (unsigned long)(seconds * 1e6);
    int shift = 0;
    while ((us >> shift) >= 2 * SUB) shift++;
    int index = shift * SUB + (int)(us >> shift);
    return index < BUCKETS ? index : BUCKETS - 1;
}

static double bucket_ms(int index) {
    int shift = index < 2 * SUB ? 0 : index / SUB - 1;
    unsigned long us = (unsigned long)(index - shift * SUB) << shift;
    return (double)us / 1000;
}

static double percentile_ms(double share) {
    long total = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++) total += run.histogram[i];
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += run.histogram[i]) > 0 && (double)seen >= share * (double)total)
            return bucket_ms(i);
    return 0;
}

/* ---- files ---- */

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    if (!text || fread(text, 1, (size_t)size, file) != (size_t)size) die(path);
    fclose(file);
    return text;
}

static void read_tokens(const char *path) {
    char *text = read_file(path), *rest = text, *line;
    int room = 0;
    while ((line = strsep(&rest, "\n"))) {
        if (!*line) continue;
        if (strlen(line) >= TOKEN) die("a token is too long");
        if (job.token_count == room) {
            room = room ? room * 2 : 64;
            job.tokens = realloc(job.tokens, (size_t)room * TOKEN);
            if (!job.tokens) die("tokens");
        }
        strcpy(job.tokens[job.token_count++], line);
    }
    free(text);
    if (job.token_count < job.connections) die("fewer tokens than connections");
}

static void save_tokens(void) {
    FILE *file = fopen(job.save, "wb");
    if (!file) die(job.save);
    for (int i = 0; i < job.token_count; i++) fprintf(file, "%s\n", job.tokens[i]);
    if (fclose(file)) die(job.save);
}

/* ---- one request ---- */

static size_t fill(char *out, const char *template, const char *token) {
    static const char mark[] = "{{token}}";
    char *start = out;
    for (const char *hit; (hit = strstr(template, mark)); template = hit + sizeof mark - 1) {
        out = mempcpy(out, template, (size_t)(hit - template));
        out = stpcpy(out, token);
    }
    return (size_t)(stpcpy(out, template) - start);
}

static void connect_to(struct connection *c, int poll) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)job.port)};
    int one = 1;
    inet_pton(AF_INET, job.host, &address.sin_addr);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event)) die("epoll_ctl");
}

static void send_request(struct connection *c) {
    static char body[BUFFER], request[2 * BUFFER];
    const char *token = c->count ? c->tokens[c->current] : "";
    size_t body_size = fill(body, job.body, token);
    size_t size = fill(request, job.head, token);
    size += (size_t)sprintf(request + size, "Content-Length: %zu\r\n\r\n", body_size);
    memcpy(request + size, body, body_size);
    size += body_size;
    c->got = 0;
    c->sent_at = now();
    /* MSG_NOSIGNAL: a server that went away shows as an empty read, which is counted. */
    if (send(c->fd, request, size, MSG_NOSIGNAL) != (ssize_t)size && errno != EPIPE &&
        errno != ECONNRESET)
        die("send");
}

/* ---- one answer ---- */

/* The whole answer's size if all of it is there, 0 if not yet; -1 for one this cannot read. */
static long answer_size(struct connection *c) {
    c->in[c->got] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end) return c->got >= BUFFER - 1 ? -1 : 0;
    for (char *line = strstr(c->in, "\r\n"); line && line < end; line = strstr(line + 2, "\r\n"))
        if (!strncasecmp(line + 2, "content-length:", 15)) {
            long size = end + 4 - c->in + atol(line + 17);
            return size >= BUFFER ? -1 : (long)c->got >= size ? size : 0;
        }
    return -1;
}

/* Puts the token of an answer in its place; spaces in the JSON are passed over. 0 if not there. */
static int take_token(struct connection *c) {
    for (char *at = strstr(c->in, "\r\n\r\n"); at && *at; at++) {
        const char *marker = job.next;
        char *text = at;
        while (*marker && *text) {
            if (*text == *marker) text++, marker++;
            else if (*text == ' ' && text > at) text++;
            else break;
        }
        char *end = *marker ? NULL : strchr(text, '"');
        if (end && end > text && end - text < TOKEN) {
            *stpncpy(c->tokens[c->current], text, (size_t)(end - text)) = 0;
            return 1;
        }
    }
    return 0;
}

/* Judges an answer. Returns 1 if it was the expected one. */
static int judge(struct connection *c, double at) {
    int status = atoi(c->in + 9), good = status == job.expect;
    int measured = at >= run.from && at < run.until;
    if (!good) {
        run.last_bad = status;
        const char *text = strstr(c->in, "\r\n\r\n");
        snprintf(run.bad_answer, sizeof run.bad_answer, "%s", text ? text + 4 : "");
    } else if (job.next && !take_token(c)) {
        run.no_token++;
        good = 0;
    }
    if (good && c->count) c->current = (c->current + 1) % c->count;
    if (measured && status > 0 && status < 1000) run.statuses[status]++;
    run.all += good;
    if (measured && good) {
        double took = at - c->sent_at;
        run.ok++;
        run.histogram[bucket_of(took)]++;
        if (took > run.longest) run.longest = took;
    }
    return good;
}

static void go_on(struct connection *c, int good, double at) {
    c->lives = good ? LIVES : c->lives - 1;
    if (c->lives <= 0) run.alive--;
    if (c->lives <= 0 || at >= run.until) {
        run.idle++;
        close(c->fd);
        c->fd = -1;
    } else {
        send_request(c);
    }
}

static void readable(struct connection *c, int poll) {
    ssize_t size = recv(c->fd, c->in + c->got, BUFFER - 1 - c->got, 0);
    long whole = 0;
    if (size > 0) {
        c->got += (size_t)size;
        whole = answer_size(c);
        if (whole == 0) return;
    }
    double at = now();
    if (whole <= 0) {
        run.broken++;
        close(c->fd);
        connect_to(c, poll);
        go_on(c, 0, at);
    } else {
        go_on(c, judge(c, at), at);
    }
}

/* ---- the run ---- */

static void drive(void) {
    struct epoll_event events[64];
    int poll = epoll_create1(0);
    struct connection *all = calloc((size_t)job.connections, sizeof *all);
    if (!all) die("connections");
    run.alive = job.connections;
    run.from = now() + job.warmup;
    run.until = run.from + job.seconds;
    for (int i = 0; i < job.connections; i++) {
        int share = job.token_count / job.connections;
        all[i].lives = LIVES;
        all[i].count = share;
        all[i].tokens = job.tokens + (size_t)i * (size_t)share;
        connect_to(&all[i], poll);
    }
    for (int i = 0; i < job.connections; i++) send_request(&all[i]);
    /* Requests under way at the end are waited for: a chain must know its newest token. */
    while (run.idle < job.connections && now() < run.until + DRAIN_SECONDS) {
        int count = epoll_wait(poll, events, 64, 200);
        for (int i = 0; i < count; i++) readable(events[i].data.ptr, poll);
    }
    run.late = job.connections - run.idle;
}

static void print_json_text(const char *text) {
    for (; *text; text++)
        if (*text == '"' || *text == '\\') printf("\\%c", *text);
        else if ((unsigned char)*text >= 32) putchar(*text);
}

static void report(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
    printf("{\"generator\":\"c\",\"requests\":%ld,\"all\":%ld,\"rps\":%.1f,\"statuses\":{",
           run.ok, run.all, (double)run.ok / job.seconds);
    const char *comma = "";
    for (int i = 0; i < 1000; i++)
        if (run.statuses[i]) printf("%s\"%d\":%ld", comma, i, run.statuses[i]), comma = ",";
    printf("},\"broken\":%ld,\"no_token\":%ld,\"unanswered\":%ld,\"gave_up\":%d,", run.broken,
           run.no_token, run.late, job.connections - run.alive);
    printf("\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"cpu_seconds\":%.2f,",
           percentile_ms(.5), percentile_ms(.9), percentile_ms(.99), run.longest * 1000, cpu);
    printf("\"bad_status\":%d,\"bad_answer\":\"", run.last_bad);
    print_json_text(run.bad_answer);
    puts("\"}");
}

static void argument(const char *name, const char *value) {
    if (!strcmp(name, "--host")) job.host = value;
    else if (!strcmp(name, "--port")) job.port = atoi(value);
    else if (!strcmp(name, "--connections")) job.connections = atoi(value);
    else if (!strcmp(name, "--seconds")) job.seconds = atof(value);
    else if (!strcmp(name, "--warmup")) job.warmup = atof(value);
    else if (!strcmp(name, "--expect")) job.expect = atoi(value);
    else if (!strcmp(name, "--head")) job.head = read_file(value);
    else if (!strcmp(name, "--body")) job.body = read_file(value);
    else if (!strcmp(name, "--tokens")) read_tokens(value);
    else if (!strcmp(name, "--next")) job.next = value;
    else if (!strcmp(name, "--save")) job.save = value;
    else die(name);
}

int main(int count, char **arguments) {
    for (int i = 1; i + 1 < count; i += 2) argument(arguments[i], arguments[i + 1]);
    if (!job.head || !job.body || !job.port || (job.next && !job.tokens)) die("--head --body --port");
    drive();
    if (job.save) save_tokens();
    report();
    return 0;
}
