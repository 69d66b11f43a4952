// Calls an API with the connection "acme", and once more if it turns the token down: node acme.mjs URL
const agent = process.env.AGENT_URL ?? "http://127.0.0.1:8757";

async function ask(path, options = {}) {
  const headers = { authorization: `Bearer ${process.env.REMINT_AGENT_KEY}`, "content-type": "application/json" };
  const answer = await fetch(`${agent}/v1/connections/${path}`, { ...options, headers });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error_description);
  return told;
}

async function call(name, url) {
  const path = encodeURIComponent(name);
  let told = await ask(`${path}/token`);
  const response = await fetch(url, { headers: told.headers });
  if (response.status !== 401) return response;
  told = await ask(`${path}/renew`, { method: "POST", body: JSON.stringify({ rejected: told.access_token }) });
  return fetch(url, { headers: told.headers });
}

console.log((await call("acme", process.argv[2])).status);
