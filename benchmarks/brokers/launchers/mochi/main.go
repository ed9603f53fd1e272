// Mochi MQTT as a process of its own: mochi HOST PORT [TLS_PORT CERTIFICATE KEY].
package main

import (
	"crypto/tls"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		log.Println("mochi", mqtt.Version)
		return
	}
	capabilities := mqtt.NewDefaultServerCapabilities()
	capabilities.MaximumClients = 1_000_000
	quiet := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	server := mqtt.New(&mqtt.Options{Capabilities: capabilities, Logger: quiet})
	must(server.AddHook(new(auth.AllowHook), nil))
	must(server.AddListener(listeners.NewTCP(listeners.Config{ID: "tcp", Address: os.Args[1] + ":" + os.Args[2]})))
	if len(os.Args) > 5 {
		certificate, err := tls.LoadX509KeyPair(os.Args[4], os.Args[5])
		must(err)
		must(server.AddListener(listeners.NewTCP(listeners.Config{
			ID: "tls", Address: os.Args[1] + ":" + os.Args[3],
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
		})))
	}
	must(server.Serve())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	must(server.Close())
}
