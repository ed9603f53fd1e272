/** Types of scripts in TypeScript. Written by `npm run schema` from the schemas of scripts: change those. */

import type { ProcessorFunction, RunEvents, VuContext } from "./artillery.ts";

/** Text that Artillery or the engine fills in. */
export type Template = `${string}{{${string}`;
/** A number of seconds, or text such as "500ms", "10s", "2m", "1h". */
export type Duration = number | string;
/** From 0 to 1, or text such as "25 %". */
export type Share = number | `${number}%` | `${number} %` | `${number}`;

/** A device's variables and functions, as Artillery hands them to functions. */
export type MqttContext = VuContext;
/** Metrics of the run, as Artillery hands them to functions. */
export type MqttEvents = RunEvents;
/** `(context, events, done)`, or async without `done`. */
export type StepFunction = ProcessorFunction;
/** Says by `done(goOn)`, or async by its result, whether the loop goes on. */
export type LoopFunction = (context: MqttContext, done: (goOn: unknown) => void) => unknown;
/** Whether the step is to run. */
export type ConditionFunction = (variables: MqttContext["vars"]) => unknown;

/** `config.engines.mqtt`. */
export type MqttSettings = {
/** The version of MQTT: 4 is 3.1.1 (unless given), 5 is 5.0. */
protocolVersion?: 4 | 5 | `${number}` | Template;
/** The user name of all devices; that of the target's URL unless given. */
username?: string | number;
/** The password of all devices; that of the target's URL unless given. */
password?: string | number;
/** Stands before the id of every device that has no clientId of its own. */
clientIdPrefix?: string | number;
/** MQTT keep alive in whole seconds, 60s unless given; 0 turns it off. */
keepalive?: Duration | Template;
/** From opening a connection to CONNACK; 10s unless given. */
connectTimeout?: Duration | Template;
/** How long SUBACK, UNSUBACK, PUBACK and PUBCOMP are waited for; 20s unless given. */
ackTimeout?: Duration | Template;
/** The longest packet that is taken from the broker, in bytes; 1048576 unless given. */
maxPacketSize?: number | `${number}` | Template;
/** MQTT 5: QoS 1 and 2 messages that the server may have in flight to a device; 65535 unless given. */
receiveMaximum?: number | `${number}` | Template;
/** MQTT 5: topic aliases that the server may use towards a device; 0 unless given. */
topicAliasMaximum?: number | `${number}` | Template;
/** MQTT 5: count only counts that a server sends a device elsewhere (unless given), follow goes there. */
serverReference?: "count" | "follow" | Template;
/** What becomes of the MQTT session between connections. */
session?: {
/** Whether each connection starts a new session (true unless given); false keeps it. */
clean?: boolean | `${boolean}` | Template;
/** MQTT 5: how long the server keeps the session after a connection, in whole seconds, or never; 0s unless given. */
expiry?: "never" | Duration | Template;
};
/** auto skips subscribe steps of onConnect where the broker kept the session (unless given); always does not. */
resubscribe?: "auto" | "always" | Template;
/** When and how a device that lost its connection comes back. */
reconnect?: {
/** The back-off policy: how long a device waits before its next attempt; full-jitter unless given. */
policy?: "immediate" | "fixed" | "exponential" | "full-jitter" | "equal-jitter" | "decorrelated-jitter" | "uniform" | Template;
/** The back-off of a known client library, in place of a policy. */
preset?: "mqttjs" | "emqtt" | "esp-mqtt" | "micropython" | "azure-python" | "paho-c" | "paho-python" | "hivemq-java" | "aws-iot" | "azure-dotnet" | Template;
/** The first wait of the policy; 1s unless given. */
base?: Duration | Template;
/** The longest wait of the policy; 30s unless given, and never below base. */
cap?: Duration | Template;
/** For the policy uniform: waits are drawn from 0 to this. */
window?: Duration | Template;
/** By what the wait grows with each attempt, from 1 to 100; 2 unless given. */
factor?: number | `${number}` | Template;
/** For the policies fixed and exponential: the share by which waits vary to either side. */
jitter?: Share | Template;
/** Waits before the first attempts, one or a list of them; the policy follows. */
first?: Duration | (Duration | Template)[] | Template;
/** When the count of attempts starts again: ready, connack, or the time that a connection must have lasted. */
resetAfter?: "connack" | "ready" | Duration | Template;
/** What the device does by the reason or code of a refusal or disconnect: stop, or wait longer. */
onReason?: Record<string, "stop" | {
/** How long to wait before the next attempt. */
wait: Duration | Template;
/** The share by which that wait varies to either side; 0 unless given. */
jitter?: Share | Template;
} | Template>;
/** Failures in a row after which the device stops trying for good. */
giveUpAfter?: number | `${number}` | Template;
/** After so many failures in a row the device reboots, and begins anew. */
rebootAfter?: {
/** Failures in a row after which the device reboots. */
failures: number | `${number}` | Template;
/** How long a reboot takes. */
takes: Duration | Template;
/** The share by which that time varies to either side; 0 unless given. */
jitter?: Share | Template;
};
};
/** Several brokers, regions, in place of config.target. */
targets?: ({
/** The name of the region: up to 32 letters, digits, _ and -, a letter first. */
name: string | Template;
/** The URL of its broker, as config.target. */
url: string | number;
/** Its share of the devices, relative to the others'; 1 unless given. */
weight?: number | `${number}` | Template;
})[];
/** Where devices go when their region fails. */
failover?: {
/** Where devices go whose broker fails; next unless given. */
policy?: "next" | "random" | "sticky" | Template;
/** Failures in a row after which a device goes elsewhere; 2 unless given. */
after?: number | `${number}` | Template;
/** never (unless given), or how long a device stays connected elsewhere before it goes home. */
returnHome?: "never" | Duration | Template;
};
/** What ends connections and when, in the order of time. */
storms?: ({
/** What happened, on one line of up to 60 characters: it stands in console, report and gates. */
name?: string | number;
/** When it comes, counted from the fleet's time zero. */
at: Duration | Template;
/** The share of the devices online that it takes: above 0 and up to 1, such as 0.25 or "25 %". */
fraction?: Share | Template;
/** What ends the connections; reset (TCP RST) unless given. */
cause?: "reset" | "close" | "disconnect" | "silent" | "exec" | "external" | Template;
/** Takes a region away, in place of a cause. */
regionLoss?: {
/** The name of the region that is lost. */
target: string | number;
/** How long it is lost; to the end of the run unless given. */
for?: Duration | Template;
};
/** For the cause silent: what the next write of such a device meets. */
nextWrite?: "lost" | "reset" | Template;
/** How long recovery is watched, and has time for the verdict. */
window: Duration | Template;
/** For the cause exec: the program and its arguments; no shell reads it. */
command?: (string | number)[];
/** For the cause exec: how long the command may take; 30s unless given. */
timeout?: Duration | Template;
/** For the causes exec and external: how long the losses are waited for; 10m unless given. */
waitFor?: Duration | Template;
/** The storm is for the devices of these scenarios alone: a name, or a list of them. */
cohort?: string | (string)[];
/** The storm spares the devices of these scenarios: a name, or a list of them. */
sparing?: string | (string)[];
/** Devices are taken one after the other over this time, not at once. */
over?: Duration | Template;
/** How long devices that were taken stay away. */
for?: Duration | Template;
/** What they lack meanwhile: power (they forget, unless given) or network. */
outage?: "power" | "network" | Template;
/** The storm comes again. */
repeat?: {
/** How often the storm comes in all. */
times: number | `${number}` | Template;
/** From the beginning of one to that of the next. */
every: Duration | Template;
};
})[];
/** Whether the run ends when all storms have recovered: true, false (unless given), or { settle }. */
endWhenRecovered?: boolean | `${boolean}` | {
/** How long all devices must have been ready; 5s unless given. */
settle: Duration | Template;
} | Template;
/** Lets a storm of the cause exec run a command on this machine; false unless given. */
allowExec?: boolean | `${boolean}` | Template;
/** TLS of mqtts:// and wss:// targets. */
tls?: {
/** Authorities that the broker's certificate may be of: PEM text or paths of PEM files. */
ca?: string | (string)[];
/** The certificate that all devices present: PEM text or the path of a PEM file. */
cert?: string;
/** Its private key: PEM text or the path of a PEM file. */
key?: string;
/** The passphrase of that key. */
passphrase?: string | number;
/** The name that SNI carries and the certificate must have; the host of the target unless given. */
serverName?: string | number;
/** The oldest version of TLS that devices speak. */
minVersion?: "TLSv1.2" | "TLSv1.3" | Template;
/** ALPN protocol names, one or a list of them. */
alpn?: string | number | (string | number)[];
/** Certificates of the broker are not verified; false unless given. */
insecure?: boolean | `${boolean}` | Template;
/** Devices resume TLS sessions; false unless given. */
resume?: boolean | `${boolean}` | Template;
};
/** Source addresses and networks of connections, used by turns; the system's choice unless given. */
localAddresses?: (string | number)[];
/** auto takes Node's own handle for plain TCP where it works (unless given); net forces net.Socket. */
transport?: "auto" | "net" | Template;
/** Whether each target is tried once before the first device: true (unless given), false, or { for } to wait for it. */
probe?: boolean | `${boolean}` | {
/** How long a target is waited for that is not there yet. */
for: Duration | Template;
} | Template;
/** A whole number that decides which devices and which delays are drawn; 1 unless given. */
seed?: number | `${number}` | Template;
/** How workers agree on the instant that storms count from: { from, share, timeout, topic }, a date and time, or local. */
timeZero?: "local" | string | {
/** The topic below which workers meet; artillery-engine-mqtt unless given. */
topic?: string | number;
/** Time zero is the first arrival, or when the devices are ready. */
from?: "arrival" | "ready" | Template;
/** With from: ready, the share of the devices that must be ready; all unless given. */
share?: Share | Template;
/** With from: ready, how long they are waited for; 5m unless given. */
timeout?: Duration | Template;
} | Template;
/** Where workers meet: broker (unless given), { directory } or { s3 }. */
rendezvous?: "broker" | {
/** The path of a folder that all workers share. */
directory?: string | number;
/** A place in S3: s3://BUCKET/PREFIX. */
s3?: string | number;
} | Template;
/** The back end that the lab starts and that answers config requests; external (none) unless given. */
configService?: "external" | {
/** The topic filter of the requests that it answers; config/+/get/# unless given. */
requestTopic?: string | number;
/** The topic of its answers, $1 for what the first wildcard of requestTopic stands for. */
responseTopic?: string | number;
/** What it answers; may hold $1, $2. */
payload?: string | number;
/** Answers per second, from one queue; 1000 unless given. */
capacity?: number | `${number}` | Template;
/** Requests that may wait; those beyond are dropped. 10000 unless given. */
queueLimit?: number | `${number}` | Template;
/** It gets faster once its queue has not been empty for a time. */
scaleUp?: {
/** How long the queue must not have been empty. */
after: Duration | Template;
/** Answers per second from then on. */
to: number | `${number}` | Template;
};
} | Template;
/** Whether publications are tracked. */
messages?: {
/** Where publications carry their number and time, so that what is lost, repeated and late is known. */
track: "payload" | "userProperties" | Template;
};
/** Connections of http steps. */
http?: {
/** new opens a connection for each request (unless given); keep-alive keeps them. */
connection?: "new" | "keep-alive" | Template;
/** Connections to a server at a time, of one worker; 100 unless given. */
connections?: number | `${number}` | Template;
/** Authorities that servers' certificates may be of: the path of a PEM file, or a list of them. */
ca?: string | number | (string | number)[];
/** Certificates of servers are not verified; false unless given. */
insecure?: boolean | `${boolean}` | Template;
};
/** What mqtt-results forecast takes for network, broker and back end; a real run reads none of it. */
forecast?: {
/** The network between devices and broker. */
network?: {
/** What a packet takes one way. */
latency?: Duration | Template;
};
/** What the broker can do. */
broker?: {
/** CONNECTs per second that it can accept, doing nothing else. */
connects?: number | `${number}` | Template;
/** Full TLS handshakes per second that it can do, doing nothing else. */
tlsFull?: number | `${number}` | Template;
/** Resumed TLS handshakes per second that it can do, doing nothing else. */
tlsResumed?: number | `${number}` | Template;
/** SUBSCRIBE packets per second that it can take, doing nothing else. */
subscribes?: number | `${number}` | Template;
/** PUBLISH packets per second that it can take in and pass on. */
messages?: number | `${number}` | Template;
/** Connections that may wait to be accepted; a SYN beyond is dropped. */
acceptQueue?: number | `${number}` | Template;
/** How many of these it accepts each time that its event loop comes to them: one or all. */
accepts?: "one" | "all" | Template;
/** Ends of connections per second that it can take note of, doing nothing else. */
closes?: number | `${number}` | Template;
/** What it adds to every answer, however idle it is. */
latency?: Duration | Template;
};
/** What the load generator can do. */
generator?: {
/** Connections per second that the load generator opens, where it is to be a limit. */
connects?: number | `${number}` | Template;
};
/** The back end that answers config requests, where it is not the lab's. */
configService?: {
/** The topic filter of the requests that it answers; config/+/get/# unless given. */
requestTopic?: string | number;
/** The topic of its answers, $1 for what the first wildcard of requestTopic stands for. */
responseTopic?: string | number;
/** What it answers; may hold $1, $2. */
payload?: string | number;
/** Answers per second, from one queue; 1000 unless given. */
capacity?: number | `${number}` | Template;
/** Requests that may wait; those beyond are dropped. 10000 unless given. */
queueLimit?: number | `${number}` | Template;
/** It gets faster once its queue has not been empty for a time. */
scaleUp?: {
/** How long the queue must not have been empty. */
after: Duration | Template;
/** Answers per second from then on. */
to: number | `${number}` | Template;
};
};
/** The back end that the broker asks for every CONNECT, where it is not the lab's. */
auth?: {
/** CONNECTs per second that it answers, from one queue. */
capacity: number | `${number}` | Template;
/** Questions that may wait; a CONNECT beyond is refused. 10000 unless given. */
queueLimit?: number | `${number}` | Template;
/** What every answer takes beside its wait in the queue; 0 unless given. */
latency?: Duration | Template;
/** It gets faster once its queue has not been empty for a time. */
scaleUp?: {
/** How long the queue must not have been empty. */
after: Duration | Template;
/** Answers per second from then on. */
to: number | `${number}` | Template;
};
};
/** Servers that http steps ask, where they are not the lab's. */
http?: {
/** What an http step of a server that is not the lab's takes. */
duration: Duration | Template;
/** What such a server answers; {} unless given. */
body?: string | number;
};
/** How long each function of the processor takes, by its name; auth: it asks the auth service. */
functions?: Record<string, "auth" | Duration | Template>;
};
};

/** `config.plugins["mqtt-results"]`. */
export type MqttResultsSettings = {
/** The directory of all runs, from the working directory; mqtt-results unless given. */
output?: string;
/** What is written, a list; all of it unless given. */
report?: ("console" | "json" | "csv" | "hlog" | "html" | "junit" | "github" | Template)[];
/** The share of the affected devices that must be ready inside the window; 99 % unless given. */
target?: Share | Template;
/** A line every two seconds while a storm's window is open; true unless given. */
progress?: boolean | `${boolean}` | Template;
/** Metrics for Prometheus while the run goes on, at http://127.0.0.1:9464/metrics; false unless given. */
prometheus?: boolean | `${boolean}` | {
/** The port; 9464 unless given, 0 for one that is free. */
port?: number | `${number}` | Template;
/** An address of this machine; 127.0.0.1 unless given, which other machines cannot reach. */
host?: string | Template;
/** The longest that the end of the run waits for a last scrape, where there was one before; 2s unless given. */
lastScrape?: Duration | Template;
} | Template;
/** A page on this machine that shows the run while it goes on, at any free port or at the one given; false unless given. */
live?: boolean | `${boolean}` | {
/** The port of the page; any that is free unless given. */
port?: number | `${number}` | Template;
} | Template;
/** What ends the run with exit code 4. */
fail?: {
/** Fails on a storm with this verdict, or one as bad. */
verdict?: "degraded" | "recovering" | "stalled" | "relapsed" | "metastable" | Template;
/** The most that the 99th percentile of the time to ready may be, from each device's loss. */
readyP99?: Duration | Template;
/** The most that the 99th percentile of the time to ready may be, from the storm's instant. */
readyP99FromStorm?: Duration | Template;
/** The largest share of the affected devices that may not be ready when the window ends. */
unrecovered?: Share | Template;
/** The most tracked messages that may be lost. */
lost?: number | Template;
/** The most tracked messages that may come twice. */
duplicates?: number | Template;
/** The most that the 99th percentile of the delivery time of tracked messages may be. */
deliveryP99?: Duration | Template;
/** The most that the 99th percentile of the time of a flood of queued messages may be. */
floodP99?: Duration | Template;
/** The same of single scenarios: conditions by name, or a list of them with name. */
cohorts?: Record<string, {
/** Fails on a storm with this verdict, or one as bad. */
verdict?: "degraded" | "recovering" | "stalled" | "relapsed" | "metastable" | Template;
/** The most that the 99th percentile of the time to ready may be, from each device's loss. */
readyP99?: Duration | Template;
/** The most that the 99th percentile of the time to ready may be, from the storm's instant. */
readyP99FromStorm?: Duration | Template;
/** The largest share of the affected devices that may not be ready when the window ends. */
unrecovered?: Share | Template;
/** The most tracked messages that may be lost. */
lost?: number | Template;
/** The most tracked messages that may come twice. */
duplicates?: number | Template;
/** The most that the 99th percentile of the delivery time of tracked messages may be. */
deliveryP99?: Duration | Template;
/** The most that the 99th percentile of the time of a flood of queued messages may be. */
floodP99?: Duration | Template;
}> | ({
/** The name of the scenario. */
name: string | number;
/** Fails on a storm with this verdict, or one as bad. */
verdict?: "degraded" | "recovering" | "stalled" | "relapsed" | "metastable" | Template;
/** The most that the 99th percentile of the time to ready may be, from each device's loss. */
readyP99?: Duration | Template;
/** The most that the 99th percentile of the time to ready may be, from the storm's instant. */
readyP99FromStorm?: Duration | Template;
/** The largest share of the affected devices that may not be ready when the window ends. */
unrecovered?: Share | Template;
/** The most tracked messages that may be lost. */
lost?: number | Template;
/** The most tracked messages that may come twice. */
duplicates?: number | Template;
/** The most that the 99th percentile of the delivery time of tracked messages may be. */
deliveryP99?: Duration | Template;
/** The most that the 99th percentile of the time of a flood of queued messages may be. */
floodP99?: Duration | Template;
})[];
};
};

export type ConnectSettings = {
/** The client id, a template; {{ deviceId }} unless given, empty to let the server assign one. */
clientId?: "" | string | number;
/** The user name, a template. */
username?: string | number;
/** The password, a template. */
password?: string | number;
/** MQTT 5: names and values that CONNECT carries. */
userProperties?: Record<string, string | number | boolean>;
/** What the server publishes when the connection ends without DISCONNECT. */
will?: {
/** Where the will is published; a template. */
topic: string | number;
/** Its payload: text, JSON, or bytes as { base64 }, { hex } or { file }. */
payload?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** Its QoS: 0 (unless given), 1 or 2. */
qos?: 0 | 1 | 2 | `${number}` | Template;
/** Whether it is retained; false unless given. */
retain?: boolean | `${boolean}` | Template;
/** MQTT 5: how long the server waits with it, in whole seconds. */
delayInterval?: Duration;
/** MQTT 5: how long the message may live, in whole seconds. */
messageExpiry?: Duration;
/** MQTT 5: the MIME type of the payload. */
contentType?: string | number;
/** MQTT 5: where an answer is to go. */
responseTopic?: string | number;
/** MQTT 5: by what an answer is told. */
correlationData?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** MQTT 5: bytes or text. */
payloadFormat?: "bytes" | "text";
/** MQTT 5: names and values that go with it. */
userProperties?: Record<string, string | number | boolean>;
};
/** The function of the processor that is called before every attempt, for credentials that expire. */
beforeConnect?: string | StepFunction;
/** The device's own certificate: a template of PEM text or of the path of a PEM file. */
cert?: string | number;
/** Its private key: a template of PEM text or of the path of a PEM file. */
key?: string | number;
/** How long until the step fails; until the last window ends, or 60s without storms, unless given. */
giveUpAfter?: Duration;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type SubscribeSettings = {
/** A topic filter or a list of them; templates. */
topics?: string | number | (string | number)[];
/** The highest QoS of its messages: 0 (unless given), 1 or 2. */
qos?: 0 | 1 | 2 | `${number}` | Template;
/** MQTT 5: nothing of what the device publishes itself. */
noLocal?: boolean | `${boolean}`;
/** MQTT 5: messages keep their retain flag. */
retainAsPublished?: boolean | `${boolean}`;
/** MQTT 5: retained messages at every subscription (0), at a new one (1) or never (2). */
retainHandling?: 0 | 1 | 2 | `${number}`;
/** PUBACK and PUBREC of its messages are put off so long; 0 unless given. */
ackDelay?: Duration;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type UnsubscribeSettings = {
/** A topic filter or a list of them; templates. */
topics?: string | number | (string | number)[];
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type PublishSettings = {
/** The topic; a template. */
topic: string | number;
/** The payload: text, an object or list that is sent as JSON, or bytes as { base64 }, { hex } or { file }. */
payload?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** 0 (unless given), 1 or 2. */
qos?: 0 | 1 | 2 | `${number}` | Template;
/** Whether the broker keeps it; false unless given. */
retain?: boolean | `${boolean}` | Template;
/** Properties of PUBLISH in MQTT 5. */
properties?: {
/** How long the message may live, in whole seconds. */
messageExpiry?: Duration;
/** The MIME type of the payload. */
contentType?: string | number;
/** Where an answer is to go. */
responseTopic?: string | number;
/** By what an answer is told: text, or bytes as { base64 }, { hex } or { file }. */
correlationData?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** bytes or text. */
payloadFormat?: "bytes" | "text";
/** Names and values that go with the message. */
userProperties?: Record<string, string | number | boolean>;
};
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type RequestSettings = {
/** Where the question goes; may hold {{ requestId }}. */
topic: string | number;
/** The question; empty unless given. */
payload?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** The QoS of the question: 0 (unless given), 1 or 2. */
qos?: 0 | 1 | 2 | `${number}` | Template;
/** Where the answer comes; may hold {{ requestId }} and wildcards. */
responseTopic: string | number;
/** Where a refusal comes. */
rejectedTopic?: string | number;
/** Filters to subscribe to before asking; the response topics unless given. */
listen?: string | number | (string | number)[];
/** How an answer is told from that to an earlier request: topic, properties, order, none, or { payload: NAME }. */
correlation?: "none" | "order" | "topic" | "properties" | {
/** The property of the JSON answer that is the {{ requestId }} of the question. */
payload: string | number;
};
/** How long an answer is waited for; 5s unless given. */
timeout?: Duration;
/** Without an answer: reset gives the connection up (unless given), retry asks again, ignore goes on. */
onTimeout?: "reset" | "retry" | "ignore";
/** Ask only until the first answer: the device keeps its configuration. false unless given. */
cache?: boolean | `${boolean}`;
/** Artillery's capture: what of the answer becomes a variable; one or a list of them. */
capture?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
/** Artillery's match: what the answer must hold; one or a list of them. */
match?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type HttpSettings = {
/** The URL to GET; a template. */
get?: string | number;
/** The URL to POST to; a template. */
post?: string | number;
/** Headers by name; values are templates. */
headers?: Record<string, string | number>;
/** The text to post; a template. */
body?: string | number;
/** What is posted as JSON; its texts are templates. */
json?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** How long an answer is waited for; 5s unless given. */
timeout?: Duration;
/** Without an answer: reset gives the connection up (unless given), retry asks again, ignore goes on. */
onTimeout?: "reset" | "retry" | "ignore";
/** Whether Retry-After of a refusal is honoured: ignore (unless given), honour (1h at most), or { atMost }. */
retryAfter?: "ignore" | "honour" | {
/** The longest that a server is left alone. */
atMost: Duration;
};
/** Ask only until the first answer: the device keeps its configuration. false unless given. */
cache?: boolean | `${boolean}`;
/** The longest body that is taken, in bytes; 1048576 unless given. */
maxBodySize?: number | `${number}`;
/** Artillery's capture: what of the answer becomes a variable; one or a list of them. */
capture?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
/** Artillery's match: what the answer must hold; one or a list of them. */
match?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type WaitForMessageSettings = {
/** The topic filter of the message. */
topic: string | number;
/** How long it is waited for; 60s unless given. */
timeout?: Duration;
/** Without one in time: reset gives the connection up (unless given), fail fails the step, ignore goes on. */
onTimeout?: "reset" | "fail" | "ignore";
/** The variable that holds the message. */
as?: string | number;
/** Artillery's capture: what of the payload becomes a variable; one or a list of them. */
capture?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
/** Artillery's match: what the payload must hold; one or a list of them. */
match?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type RefreshSettings = {
/** The interval. */
every: Duration;
/** By how much intervals vary to either side; 0 unless given. */
jitter?: Duration;
/** What is asked. */
request: {
/** Where the question goes; may hold {{ requestId }}. */
topic: string | number;
/** The question; empty unless given. */
payload?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** The QoS of the question: 0 (unless given), 1 or 2. */
qos?: 0 | 1 | 2 | `${number}` | Template;
/** Where the answer comes; may hold {{ requestId }} and wildcards. */
responseTopic: string | number;
/** Where a refusal comes. */
rejectedTopic?: string | number;
/** Filters to subscribe to before asking; the response topics unless given. */
listen?: string | number | (string | number)[];
/** How an answer is told from that to an earlier request: topic, properties, order, none, or { payload: NAME }. */
correlation?: "none" | "order" | "topic" | "properties" | {
/** The property of the JSON answer that is the {{ requestId }} of the question. */
payload: string | number;
};
/** How long an answer is waited for; 5s unless given. */
timeout?: Duration;
/** Without an answer: reset gives the connection up (unless given), retry asks again, ignore goes on. */
onTimeout?: "reset" | "retry" | "ignore";
/** Ask only until the first answer: the device keeps its configuration. false unless given. */
cache?: boolean | `${boolean}`;
/** Artillery's capture: what of the answer becomes a variable; one or a list of them. */
capture?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
/** Artillery's match: what the answer must hold; one or a list of them. */
match?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
};
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type StayOnlineSettings = {
/** How long; until the last storm window has ended unless given. */
for?: Duration | Template;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type DisconnectSettings = {
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type ThinkSettings = number | string;

export type SetSettings = Record<string, unknown>;

export type LogSettings = string | number;

export type FunctionSettings = string;

export type LabSettings = {
/** Whether the lab's brokers speak TLS; false unless given. */
tls?: boolean | `${boolean}`;
/** Regions by name, where the capacities of their config services differ. */
regions?: (string | number | {
/** The name of a region of targets. */
name: string | number;
/** Answers per second of its config service. */
capacity: number | `${number}`;
})[];
/** A back end that the broker asks for every CONNECT. */
auth?: {
/** CONNECTs per second that it answers, from one queue. */
capacity: number | `${number}`;
/** Questions that may wait; a CONNECT beyond is refused. 10000 unless given. */
queueLimit?: number | `${number}`;
/** What every answer takes beside its wait in the queue; 0 unless given. */
latency?: Duration;
/** It gets faster once its queue has not been empty for a time. */
scaleUp?: {
/** How long the queue must not have been empty. */
after: Duration;
/** Answers per second from then on. */
to: number | `${number}`;
};
};
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type Scenario = {
/** The name of the scenario: its devices are a cohort, reported by it. */
name?: string | number;
/** The engine that runs it. */
engine?: "mqtt";
/** The probability of this scenario, relative to that of others; 1 unless given. */
weight?: number | string;
/** Steps after every CONNACK, until the device is ready. */
onConnect?: (OnConnectStep | OnConnectStep[])[];
/** What the device does once, from connect on. */
flow: (FlowStep | FlowStep[])[];
/** TLS of these devices. */
tls?: {
/** Whether devices of this scenario resume TLS sessions. */
resume?: boolean | `${boolean}`;
};
/** The version of MQTT: 4 is 3.1.1 (unless given), 5 is 5.0. */
protocolVersion?: 4 | 5 | `${number}`;
/** MQTT keep alive in whole seconds, 60s unless given; 0 turns it off. */
keepalive?: Duration;
/** From opening a connection to CONNACK; 10s unless given. */
connectTimeout?: Duration;
/** How long SUBACK, UNSUBACK, PUBACK and PUBCOMP are waited for; 20s unless given. */
ackTimeout?: Duration;
/** What becomes of the MQTT session between connections. */
session?: {
/** Whether each connection starts a new session (true unless given); false keeps it. */
clean?: boolean | `${boolean}`;
/** MQTT 5: how long the server keeps the session after a connection, in whole seconds, or never; 0s unless given. */
expiry?: "never" | Duration;
};
/** auto skips subscribe steps of onConnect where the broker kept the session (unless given); always does not. */
resubscribe?: "auto" | "always";
/** When and how a device that lost its connection comes back. */
reconnect?: {
/** The back-off policy: how long a device waits before its next attempt; full-jitter unless given. */
policy?: "immediate" | "fixed" | "exponential" | "full-jitter" | "equal-jitter" | "decorrelated-jitter" | "uniform";
/** The back-off of a known client library, in place of a policy. */
preset?: "mqttjs" | "emqtt" | "esp-mqtt" | "micropython" | "azure-python" | "paho-c" | "paho-python" | "hivemq-java" | "aws-iot" | "azure-dotnet";
/** The first wait of the policy; 1s unless given. */
base?: Duration;
/** The longest wait of the policy; 30s unless given, and never below base. */
cap?: Duration;
/** For the policy uniform: waits are drawn from 0 to this. */
window?: Duration;
/** By what the wait grows with each attempt, from 1 to 100; 2 unless given. */
factor?: number | `${number}`;
/** For the policies fixed and exponential: the share by which waits vary to either side. */
jitter?: Share;
/** Waits before the first attempts, one or a list of them; the policy follows. */
first?: Duration | (Duration)[];
/** When the count of attempts starts again: ready, connack, or the time that a connection must have lasted. */
resetAfter?: "connack" | "ready" | Duration;
/** What the device does by the reason or code of a refusal or disconnect: stop, or wait longer. */
onReason?: Record<string, "stop" | {
/** How long to wait before the next attempt. */
wait: Duration;
/** The share by which that wait varies to either side; 0 unless given. */
jitter?: Share;
}>;
/** Failures in a row after which the device stops trying for good. */
giveUpAfter?: number | `${number}`;
/** After so many failures in a row the device reboots, and begins anew. */
rebootAfter?: {
/** Failures in a row after which the device reboots. */
failures: number | `${number}`;
/** How long a reboot takes. */
takes: Duration;
/** The share by which that time varies to either side; 0 unless given. */
jitter?: Share;
};
};
/** MQTT 5: QoS 1 and 2 messages that the server may have in flight to a device; 65535 unless given. */
receiveMaximum?: number | `${number}`;
/** MQTT 5: topic aliases that the server may use towards a device; 0 unless given. */
topicAliasMaximum?: number | `${number}`;
/** MQTT 5: count only counts that a server sends a device elsewhere (unless given), follow goes there. */
serverReference?: "count" | "follow";
/** Publications in the background while devices are ready: one or a list of them. */
telemetry?: {
/** The interval between two publications of a device. */
every: Duration;
/** By how much intervals vary to either side: a duration, or a share such as "20 %"; 0 unless given. */
jitter?: string | number;
/** The topic; a template. */
topic: string | number;
/** The payload: text, an object or list that is sent as JSON, or bytes as { base64 }, { hex } or { file }. */
payload?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** 0 (unless given), 1 or 2. */
qos?: 0 | 1 | 2 | `${number}` | Template;
/** Whether the broker keeps it; false unless given. */
retain?: boolean | `${boolean}` | Template;
/** Properties of PUBLISH in MQTT 5. */
properties?: {
/** How long the message may live, in whole seconds. */
messageExpiry?: Duration;
/** The MIME type of the payload. */
contentType?: string | number;
/** Where an answer is to go. */
responseTopic?: string | number;
/** By what an answer is told: text, or bytes as { base64 }, { hex } or { file }. */
correlationData?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** bytes or text. */
payloadFormat?: "bytes" | "text";
/** Names and values that go with the message. */
userProperties?: Record<string, string | number | boolean>;
};
/** What becomes of publications while the device is not ready: drop (unless given), queue (100 of them), or { queue: NUMBER }. */
offline?: "drop" | "queue" | {
/** Publications that a device keeps, 1 to 10000. */
queue: number | `${number}`;
};
} | ({
/** The interval between two publications of a device. */
every: Duration;
/** By how much intervals vary to either side: a duration, or a share such as "20 %"; 0 unless given. */
jitter?: string | number;
/** The topic; a template. */
topic: string | number;
/** The payload: text, an object or list that is sent as JSON, or bytes as { base64 }, { hex } or { file }. */
payload?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** 0 (unless given), 1 or 2. */
qos?: 0 | 1 | 2 | `${number}` | Template;
/** Whether the broker keeps it; false unless given. */
retain?: boolean | `${boolean}` | Template;
/** Properties of PUBLISH in MQTT 5. */
properties?: {
/** How long the message may live, in whole seconds. */
messageExpiry?: Duration;
/** The MIME type of the payload. */
contentType?: string | number;
/** Where an answer is to go. */
responseTopic?: string | number;
/** By what an answer is told: text, or bytes as { base64 }, { hex } or { file }. */
correlationData?: string | number | boolean | Record<string, unknown> | (unknown)[];
/** bytes or text. */
payloadFormat?: "bytes" | "text";
/** Names and values that go with the message. */
userProperties?: Record<string, string | number | boolean>;
};
/** What becomes of publications while the device is not ready: drop (unless given), queue (100 of them), or { queue: NUMBER }. */
offline?: "drop" | "queue" | {
/** Publications that a device keeps, 1 to 10000. */
queue: number | `${number}`;
};
})[];
/** What devices do on messages, by topic. */
onMessage?: ({
/** The topic filter of the messages. */
topic: string | number;
/** What the device does on each of them, one after the other. */
do: (OnMessageStep | OnMessageStep[])[];
/** Artillery's capture: what of the payload becomes a variable; one or a list of them. */
capture?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
/** Artillery's match: what the payload must hold; one or a list of them. */
match?: {
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
} | ({
/** The variable that holds what was captured. */
as?: string;
[key: string]: unknown;
})[];
})[];
/** Messages of a device that may wait for those before them, 0 to 100000; 100 unless given. */
messageQueue?: number | `${number}`;
/** PUBACK and PUBREC of these devices are put off so long; 0 unless given. */
ackDelay?: Duration;
/** The function of the processor that runs before the flow, or a list of them. */
beforeScenario?: string | (string)[];
/** The function of the processor that runs after the flow, or a list of them. */
afterScenario?: string | (string)[];
/** Of Artillery's HTTP engine; means nothing here. */
beforeRequest?: unknown;
/** Of Artillery's HTTP engine; means nothing here. */
afterResponse?: unknown;
/** Of Artillery's HTTP engine; means nothing here. */
onError?: unknown;
};

export type FlowStep = {
connect: ConnectSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
subscribe: SubscribeSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
unsubscribe: UnsubscribeSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
publish: PublishSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
request: RequestSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
http: HttpSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
waitForMessage: WaitForMessageSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
refresh: RefreshSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
stayOnline: StayOnlineSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
disconnect: DisconnectSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
think: ThinkSettings;
/** By how much it varies to either side: a duration, a number of milliseconds, or a share such as "20%". */
jitter?: string | number;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
set: SetSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
/** Runs these steps again and again, as Artillery's loop. */
loop: (FlowStep | FlowStep[])[];
/** How often, or a range such as 1-5; without end unless given. */
count?: number | string;
/** The list whose items the loop goes through: itself, or the name of a variable. */
over?: string | (unknown)[];
/** The function of the processor that says after each turn whether the loop goes on. */
whileTrue?: string | LoopFunction;
/** The variable that holds the count; $loopCount unless given. */
loopValue?: string;
/** The variable that holds the item; $loopElement unless given. */
loopElement?: string;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
log: LogSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
function: FunctionSettings | StepFunction;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
/** Runs these steps at once, as Artillery's parallel. */
parallel: (FlowStep | FlowStep[])[];
/** How many of them at a time; 100 unless given. */
limit?: number | `${number}`;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type OnConnectStep = {
subscribe: SubscribeSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
unsubscribe: UnsubscribeSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
publish: PublishSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
request: RequestSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
http: HttpSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
waitForMessage: WaitForMessageSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
think: ThinkSettings;
/** By how much it varies to either side: a duration, a number of milliseconds, or a share such as "20%". */
jitter?: string | number;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
set: SetSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
/** Runs these steps again and again, as Artillery's loop. */
loop: (OnConnectStep | OnConnectStep[])[];
/** How often, or a range such as 1-5; without end unless given. */
count?: number | string;
/** The list whose items the loop goes through: itself, or the name of a variable. */
over?: string | (unknown)[];
/** The function of the processor that says after each turn whether the loop goes on. */
whileTrue?: string | LoopFunction;
/** The variable that holds the count; $loopCount unless given. */
loopValue?: string;
/** The variable that holds the item; $loopElement unless given. */
loopElement?: string;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
log: LogSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
function: FunctionSettings | StepFunction;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
/** Runs these steps at once, as Artillery's parallel. */
parallel: (OnConnectStep | OnConnectStep[])[];
/** How many of them at a time; 100 unless given. */
limit?: number | `${number}`;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type OnMessageStep = {
subscribe: SubscribeSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
unsubscribe: UnsubscribeSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
publish: PublishSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
request: RequestSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
http: HttpSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
waitForMessage: WaitForMessageSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
disconnect: DisconnectSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
think: ThinkSettings;
/** By how much it varies to either side: a duration, a number of milliseconds, or a share such as "20%". */
jitter?: string | number;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
set: SetSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
/** Runs these steps again and again, as Artillery's loop. */
loop: (OnMessageStep | OnMessageStep[])[];
/** How often, or a range such as 1-5; without end unless given. */
count?: number | string;
/** The list whose items the loop goes through: itself, or the name of a variable. */
over?: string | (unknown)[];
/** The function of the processor that says after each turn whether the loop goes on. */
whileTrue?: string | LoopFunction;
/** The variable that holds the count; $loopCount unless given. */
loopValue?: string;
/** The variable that holds the item; $loopElement unless given. */
loopElement?: string;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
log: LogSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
function: FunctionSettings | StepFunction;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
/** Runs these steps at once, as Artillery's parallel. */
parallel: (OnMessageStep | OnMessageStep[])[];
/** How many of them at a time; 100 unless given. */
limit?: number | `${number}`;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export type HookStep = {
think: ThinkSettings;
/** By how much it varies to either side: a duration, a number of milliseconds, or a share such as "20%". */
jitter?: string | number;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
log: LogSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
function: FunctionSettings | StepFunction;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
} | {
lab: LabSettings;
/** The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor. */
ifTrue?: string | ConditionFunction;
};

export interface MqttConfig {
/** The broker: mqtt://, mqtts://, ws:// or wss:// with host and port, or lab for the embedded one. */
target?: string;
/** When devices arrive, phase by phase. */
phases?: ({
/** The name of the phase. */
name?: string;
/** How long the phase lasts: a duration, or a number of seconds. */
duration?: number | string;
/** Devices that arrive per second. */
arrivalRate?: number | string;
/** Devices that arrive in all, spread over the phase. */
arrivalCount?: number | string;
/** The arrival rate per second at the end of the phase. */
rampTo?: number | string;
/** The most devices at a time. */
maxVusers?: number | string;
/** Nobody arrives for this time: a duration, or a number of seconds. */
pause?: number | string;
[key: string]: unknown;
})[] | string;
/** Variables by name, each with its value or a list of values. */
variables?: Record<string, unknown>;
/** CSV files whose rows become variables of devices. */
payload?: Record<string, unknown> | (unknown)[];
/** The path of a .js, .mjs or .ts file whose functions the script calls. */
processor?: string;
/** Artillery's own TLS settings. */
tls?: {
/** false: certificates are not verified, as engines.mqtt.tls.insecure. */
rejectUnauthorized?: boolean | string;
[key: string]: unknown;
};
/** The engine of scenarios that name none. */
engine?: string;
/** Seconds between two reports of Artillery's own. */
statsInterval?: number | string;
engines: { mqtt: MqttSettings; [name: string]: unknown };
plugins?: { "mqtt-results"?: MqttResultsSettings; [name: string]: unknown };
environments?: Record<string, unknown>;
[key: string]: unknown;
}

export interface MqttHook {
engine: "mqtt";
flow: (HookStep | HookStep[])[];
}

/** A whole script: its parts are the exports of a .ts file. */
export interface MqttScript {
config: MqttConfig;
before?: MqttHook;
after?: MqttHook;
scenarios: Scenario[];
}
