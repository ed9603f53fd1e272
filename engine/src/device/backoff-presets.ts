/**
 * What deployed MQTT clients do when they lose their connection, read in their sources, so that a user can rehearse the
 * fleet they have. engine/docs/backoff.md tells what was read, and what is left out. They are the client's defaults everywhere;
 * several clients reconnect only if told to, and a preset means that they were.
 */
import type { BackoffSpec, ResetAfter } from "./backoff.ts";

export type PresetName =
  | "mqttjs"
  | "emqtt"
  | "esp-mqtt"
  | "micropython"
  | "azure-python"
  | "paho-c"
  | "paho-python"
  | "hivemq-java"
  | "aws-iot"
  | "azure-dotnet";

/** The source in which the rule was read. */
export interface PresetSource {
  /** `owner/name` on GitHub. */
  repository: string;
  version: string;
  /** The commit of the repository; absent where the published package was read. */
  commit?: string;
  files: readonly string[];
}

export interface BackoffPreset {
  spec: BackoffSpec;
  resetAfter: ResetAfter;
  source: PresetSource;
}

export const PRESETS: Readonly<Record<PresetName, BackoffPreset>> = {
  mqttjs: {
    spec: { policy: "fixed", baseMs: 1000 },
    resetAfter: "connack",
    source: { repository: "mqttjs/MQTT.js", version: "5.16.0", files: ["build/lib/client.js"] },
  },
  emqtt: {
    spec: { policy: "fixed", baseMs: 5000 },
    resetAfter: "connack",
    source: {
      repository: "emqx/emqtt",
      version: "1.15.4",
      commit: "72f3f5f8d774ba7edb9e1209c73033e8a7b7c416",
      files: ["src/emqtt.erl"],
    },
  },
  "esp-mqtt": {
    spec: { policy: "fixed", baseMs: 10_000 },
    resetAfter: "connack",
    source: {
      repository: "espressif/esp-mqtt",
      version: "1.1.0",
      commit: "1a1e5788a5cf57a0f44a3c6c061407f6c9be1026",
      files: ["mqtt_client.c", "lib/include/mqtt_config.h"],
    },
  },
  micropython: {
    // `reconnect()` tries first and sleeps only after a failure.
    spec: { policy: "fixed", baseMs: 2000, leadMs: [0] },
    resetAfter: "connack",
    source: {
      repository: "micropython/micropython-lib",
      version: "umqtt.robust 1.0.3",
      commit: "ee4bb8ff139e24c42b739935fbd8ec7c4d061e02",
      files: ["micropython/umqtt.robust/umqtt/robust.py"],
    },
  },
  "azure-python": {
    // "When we get disconnected, we try to reconnect as soon as we can": `_start_reconnect_timer(0.01)`.
    spec: { policy: "fixed", baseMs: 10_000, leadMs: [10] },
    resetAfter: "connack",
    source: {
      repository: "Azure/azure-iot-sdk-python",
      version: "2.14.0",
      commit: "e75d1c2026eab939d5d31097fd0c22924c53abf8",
      files: [
        "azure-iot-device/azure/iot/device/common/pipeline/pipeline_stages_base.py",
        "azure-iot-device/azure/iot/device/common/pipeline/config.py",
      ],
    },
  },
  "paho-c": {
    // `MQTTAsync_randomJitter`: a whole number of seconds from base / 1.2 to base * 1.2, so {0, 1} for the first wait;
    // `MQTTAsync_checkTimeouts` compares it with the clock at most every 3 s.
    spec: {
      policy: "exponential",
      baseMs: 1000,
      capMs: 60_000,
      jitter: { low: 1 / 1.2, high: 1.2, stepMs: 1000, tickMs: 3000 },
    },
    resetAfter: "connack",
    source: {
      repository: "eclipse/paho.mqtt.c",
      version: "1.3.13",
      commit: "6b1e202a701ffcdaa277b5644ed291287a70a7aa",
      files: ["src/MQTTAsyncUtils.c", "src/MQTTAsync.h"],
    },
  },
  "paho-python": {
    spec: { policy: "exponential", baseMs: 1000, capMs: 120_000 },
    resetAfter: "connack",
    source: {
      repository: "eclipse/paho.mqtt.python",
      version: "2.1.0",
      commit: "d45de3737879cfe7a6acc361631fa5cb1ef584bb",
      files: ["src/paho/mqtt/client.py"],
    },
  },
  "hivemq-java": {
    // The jitter is added to the capped delay: up to 150 s.
    spec: { policy: "exponential", baseMs: 1000, capMs: 120_000, jitter: 0.25 },
    resetAfter: "connack",
    source: {
      repository: "hivemq/hivemq-mqtt-client",
      version: "1.4.0",
      commit: "c1b90667c58f3af9a02b02cadde6f5eb84f4a5ea",
      files: [
        "src/main/java/com/hivemq/client/internal/mqtt/lifecycle/MqttClientAutoReconnectImpl.java",
        "src/main/java/com/hivemq/client/internal/mqtt/handler/connect/MqttConnAckSingle.java",
      ],
    },
  },
  "aws-iot": {
    // The MQTT 5 client under the AWS SDKs draws from 0 to the uncapped ceiling and caps what it drew.
    spec: { policy: "full-jitter", baseMs: 1000, capMs: 120_000, capAfterDraw: true },
    resetAfter: { connectedMs: 30_000 },
    source: {
      repository: "awslabs/aws-c-mqtt",
      version: "0.16.2",
      commit: "d699fe4ebc21545e5fe4be391053ed4275329378",
      files: ["source/v5/mqtt5_client.c", "include/aws/mqtt/private/v5/mqtt5_utils.h"],
    },
  },
  "azure-dotnet": {
    // 100 ms before the first try, none before the second (`DefaultFirstFastRetry`), then 100 ms + (2^k - 1) * 80..119 ms,
    // at least 1 s between tries, at most 10 s: here 100 ms * 2^k ± 20 %, which is within 2 % of it.
    spec: {
      policy: "exponential",
      baseMs: 200,
      capMs: 10_000,
      jitter: 0.2,
      capAfterDraw: true,
      floorMs: 1000,
      leadMs: [100, 0],
    },
    // The count is a local of the retry loop, and that ends only when the subscriptions are made again.
    resetAfter: "ready",
    source: {
      repository: "Azure/azure-iot-sdk-csharp",
      version: "1.42.3",
      commit: "6097889d2afdd19f815053479bf0a60a982d466e",
      files: [
        "iothub/device/src/Pipeline/RetryDelegatingHandler.cs",
        "iothub/device/src/TransientFaultHandling/ExponentialBackoffRetryStrategy.cs",
        "iothub/device/src/TransientFaultHandling/RetryPolicy.cs",
        "iothub/device/src/TransientFaultHandling/RetryStrategy.cs",
      ],
    },
  },
};

export const PRESET_NAMES: readonly PresetName[] = Object.keys(PRESETS) as PresetName[];
