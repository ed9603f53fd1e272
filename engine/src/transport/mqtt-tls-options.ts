import type { SecureVersion } from "node:tls";
import type { TlsMaterial } from "./tls-material.ts";

/** TLS as MQTT.js takes it: plain data that can also be sent to a child process. */
export interface MqttTlsOptions {
  rejectUnauthorized: boolean;
  ca?: string[];
  cert?: string;
  key?: string;
  passphrase?: string;
  servername?: string;
  minVersion?: SecureVersion;
  ALPNProtocols?: string[];
}

/** The control connection and the config service reach the broker as the devices do. */
export function mqttTlsOptions(material: TlsMaterial): MqttTlsOptions {
  const { ca, certificate, passphrase, serverName, minVersion, alpn, insecure } = material;
  return {
    rejectUnauthorized: !insecure,
    ...(ca === null ? {} : { ca }),
    ...(certificate === null ? {} : certificate),
    ...(passphrase === null ? {} : { passphrase }),
    ...(serverName === null ? {} : { servername: serverName }),
    ...(minVersion === null ? {} : { minVersion }),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
  };
}
