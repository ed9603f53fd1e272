module launcher

go 1.21

require github.com/mochi-mqtt/server/v2 v2.6.6
