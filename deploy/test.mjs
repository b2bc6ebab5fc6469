// All Rust tests, several binaries beside each other: most of their time is waiting for a broker, a warehouse, a kill.
//
// `cargo test` runs one binary after the other. This builds as it does, then runs OMNI_TEST_LANES binaries at a time
// (2 unless told), the slow ones first, each with its output kept together and its time; then the tests in the docs.
// Arguments are handed to each binary (`node deploy/test.mjs -- sink::`). Ends with 1 when one failed, and names it.

import { spawn, spawnSync } from "node:child_process";
import { dirname, relative } from "node:path";

const LANES = Number(process.env.OMNI_TEST_LANES ?? 2);
// Names of packages whose tests start whole systems, in the order of how long they take.
const SLOW = ["omni-tests", "omni", "omni-reporting", "omni-collector", "omni-enricher", "kafka", "omni-activation"];

const words = process.argv.slice(2).filter((word) => word !== "--");

function built() {
	const cargo = spawnSync(
		"cargo",
		["test", "--locked", "--workspace", "--no-run", "--message-format=json-render-diagnostics"],
		{ stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 30, encoding: "utf8" },
	);
	if (cargo.status !== 0) process.exit(cargo.status ?? 1);
	return cargo.stdout
		.split("\n")
		.filter((line) => line.startsWith("{"))
		.map((line) => JSON.parse(line))
		.filter((told) => told.reason === "compiler-artifact" && told.profile.test && told.executable)
		.map((told) => ({
			package: told.package_id.replace(/^.*[/#]([^/#@]+)[@#][^@#]*$/, "$1"),
			folder: dirname(told.manifest_path),
			source: relative(dirname(told.manifest_path), told.target.src_path),
			executable: told.executable,
		}));
}

function place(binary) {
	const found = binary.source.startsWith("src/") ? -1 : SLOW.indexOf(binary.package);
	return found < 0 ? SLOW.length : found;
}

function run(binary) {
	return new Promise((done) => {
		const started = Date.now();
		// Of one that hangs nothing else is seen.
		process.stdout.write(`     Started ${binary.package} ${binary.source}\n`);
		const output = [];
		const child = spawn(binary.executable, words, {
			cwd: binary.folder,
			env: { ...process.env, CARGO_MANIFEST_DIR: binary.folder, CARGO_PKG_NAME: binary.package },
			stdio: ["ignore", "pipe", "pipe"],
		});
		child.stdout.on("data", (chunk) => output.push(chunk));
		child.stderr.on("data", (chunk) => output.push(chunk));
		child.on("error", (error) => output.push(Buffer.from(`${error}\n`)));
		child.on("close", (code) => {
			const seconds = ((Date.now() - started) / 1000).toFixed(1);
			process.stdout.write(`       Ended ${binary.package} ${binary.source} (${seconds} s)\n`);
			process.stdout.write(Buffer.concat(output));
			done(code === 0);
		});
	});
}

async function lane(waiting, failed) {
	for (let binary = waiting.shift(); binary; binary = waiting.shift()) {
		if (!(await run(binary))) failed.push(`${binary.package} ${binary.source}`);
	}
}

const waiting = built().sort((one, other) => place(one) - place(other));
const failed = [];
await Promise.all(Array.from({ length: LANES }, () => lane(waiting, failed)));
if (spawnSync("cargo", ["test", "--locked", "--workspace", "--doc"], { stdio: "inherit" }).status !== 0) {
	failed.push("the tests in the docs");
}
for (const name of failed) console.error(`error: tests failed: ${name}`);
process.exit(failed.length > 0 ? 1 : 0);
