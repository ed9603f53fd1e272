/**
 * Brokers that anybody may connect to, to try a client. They belong to others, who share them with all of us: a fleet that comes
 * back at once is not what they are for. https://github.com/mqtt/mqtt.org/wiki/public_brokers
 */
const PUBLIC_BROKERS: ReadonlySet<string> = new Set([
  "broker-cn.emqx.io",
  "broker.emqx.io",
  "broker.hivemq.com",
  "broker.mqtt.cool",
  "broker.mqttdashboard.com",
  "iot.eclipse.org",
  "mqtt-dashboard.com",
  "mqtt.eclipse.org",
  "mqtt.eclipseprojects.io",
  "mqtt.flespi.io",
  "mqtt.fluux.io",
  "public-mqtt-broker.bevywise.com",
  "public.cloud.shiftr.io",
  "public.mqtthq.com",
  "test.mosquitto.org",
]);

/** Whether it is one of those by its name; the addresses behind the names are not known. */
export function isPublicBroker(host: string): boolean {
  return PUBLIC_BROKERS.has(host.toLowerCase().replace(/\.$/, ""));
}
