// Microsoft's own clients for JavaScript against the simulated tenant. What
// they saw goes to stdout as JSON; the test that started this compares it.
import { readFileSync } from "node:fs";
import { ClientCertificateCredential, ClientSecretCredential } from "@azure/identity";
import { BatchRequestContent, BatchResponseContent, Client, PageIterator } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const { url, tenant, client, secret, certificate } = JSON.parse(readFileSync(0, "utf8"));
const options = { authorityHost: url, disableInstanceDiscovery: true };
const scopes = [url + "/graph/.default"];

function graphWith(credential) {
	return Client.initWithMiddleware({
		baseUrl: url + "/graph/",
		customHosts: new Set([new URL(url).hostname]),
		authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes }),
	});
}

const bySecret = graphWith(new ClientSecretCredential(tenant, client, secret, options));
const byCertificate = graphWith(new ClientCertificateCredential(tenant, client, { certificatePath: certificate }, options));

// A listing to its end, with the library's own iterator.
const ids = [];
const first = await bySecret.api("/users").select("id").top(20).get();
const iterator = new PageIterator(bySecret, first, (user) => { ids.push(user.id); return true; });
await iterator.iterate();

// A batch. The library makes relative addresses of what stands after the host.
const parts = new BatchRequestContent([
	{ id: "domains", request: new Request(url + "/domains", { method: "GET" }) },
	{ id: "nobody", request: new Request(url + "/users/nobody", { method: "GET" }) },
]);
const answers = new BatchResponseContent(await bySecret.api("/$batch").post(await parts.getContent()));
const batch = {};
for (const id of ["domains", "nobody"]) {
	batch[id] = answers.getResponseById(id).status;
}

// A write that is read back.
await byCertificate.api("/users/" + ids[0]).update({ department: "Lager" });
const written = (await byCertificate.api("/users/" + ids[0]).select("department").get()).department;

// More requests than the reports allow at once: the library waits and repeats.
for (let i = 0; i < 7; i++) {
	await bySecret.api("/auditLogs/directoryAudits").top(1).get();
}

// An error, with the code by which callers decide.
let code = "";
try {
	await bySecret.api("/users/nobody").get();
} catch (error) {
	code = error.code;
}

// The changes since a moment.
let page = await bySecret.api("/users/delta").select("id,accountEnabled").get();
let rounds = page.value.length;
while (page["@odata.nextLink"]) {
	page = await bySecret.api(page["@odata.nextLink"]).get();
	rounds += page.value.length;
}
await byCertificate.api("/users/" + ids[1]).update({ accountEnabled: false });
const changed = (await bySecret.api(page["@odata.deltaLink"]).get()).value;

process.stdout.write(JSON.stringify({ users: ids.length, distinct: new Set(ids).size, batch, written, code, delta: rounds, changed: changed.map((user) => user.accountEnabled) }));
