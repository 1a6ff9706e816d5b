// Audits a server by the suite of graphql-http: `node over_http.mjs URL`. Prints what became of each audit as JSON.

import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2] });
const told = await Promise.all(
  results.map(async ({ id, name, status, reason }) => ({ id, name, status, reason })),
);
console.log(JSON.stringify(told));
