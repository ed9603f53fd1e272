/*
 * The limit that bench:peers holds clients against: what a fleet costs where nothing but the system calls is left. One thread,
 * epoll (level-triggered), MQTT 3.1.1. A device connects, subscribes to one topic with QoS 1, and is ready with SUBACK.
 *
 * Arguments: port on 127.0.0.1, devices, how many may be opening at once, and the source addresses to bind, if any.
 * Told on stdin, a line each: `connect`; `storm`, which cuts all by RST and connects them again. It ends with stdin.
 * Says on stdout, a JSON object a line: `loaded`, `ready`, `storm`, and `failed` before it ends with exit code 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* As many events as libuv asks for at a time. */
enum { EVENTS_AT_ONCE = 1024 };
enum { READ_BYTES = 65536 };
/* It is longer than any measurement, so that nobody has to ping. */
enum { KEEPALIVE_S = 300 };
/* `device-000042`, as long as the engine's ids. */
enum { ID_BYTES = 13, MOST_DEVICES = 1000000 };
enum { SUBSCRIBE_ID = 1 };
/* Standard input, epoll, and what the C library may open. */
enum { OTHER_FILES = 16 };

enum { CONNACK = 0x20, SUBACK = 0x90 };

enum phase { CONNECTING, AWAITING_CONNACK, AWAITING_SUBACK, READY };

/* What the next byte of a stream belongs to. */
enum part { PACKET_TYPE, PACKET_LENGTH, PACKET_BODY };

struct device {
  int fd;
  /* Bytes of the packet's body that are still to come. */
  uint32_t length;
  uint8_t phase;
  uint8_t part;
  uint8_t type;
  /* Bits of `length` that are known. */
  uint8_t length_bits;
  /* The beginning of the body, as far as it has come: all of CONNACK, all of SUBACK for one topic. */
  uint8_t kept;
  uint8_t body[3];
};

static struct device *devices;
static uint32_t device_count;
static uint32_t most_opening;
static struct sockaddr_in broker;
static struct in_addr *sources;
static uint32_t source_count;
static int poller;

/* Devices that shall be online: none until it is told to connect. */
static uint32_t wanted;
/* Devices before it were opened since the last command. */
static uint32_t opened;
static uint32_t ready;
static bool is_storm;
static double started_ms;
static double started_at_ms;
static double drop_spread_ms;

static double clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Texts here hold nothing that JSON would escape. A limit with lost connections is none, so the first one ends it. */
__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  printf("{\"kind\":\"failed\",\"reason\":\"");
  vprintf(format, values);
  printf("\"}\n");
  va_end(values);
  fflush(stdout);
  exit(1);
}

static void send_packet(struct device *device, const uint8_t *bytes, size_t count) {
  /* Nothing is waiting in the buffer of a connection that is this young, so a short write is no case to handle. */
  ssize_t sent = send(device->fd, bytes, count, MSG_NOSIGNAL);
  if (sent < 0) fail("send: %s", strerror(errno));
  if ((size_t)sent < count) fail("a packet of %zu bytes was not taken whole", count);
}

static void write_id(const struct device *device, uint8_t *to) {
  char id[ID_BYTES + 1];
  snprintf(id, sizeof id, "device-%06u", (unsigned)(device - devices) % MOST_DEVICES);
  memcpy(to, id, ID_BYTES);
}

static void send_connect(struct device *device) {
  uint8_t packet[] = {0x10, 12 + ID_BYTES, 0, 4, 'M', 'Q', 'T', 'T', 4, /* clean session */ 2,
                      KEEPALIVE_S >> 8, KEEPALIVE_S & 0xff, 0, ID_BYTES, [14 + ID_BYTES - 1] = 0};
  write_id(device, packet + 14);
  send_packet(device, packet, sizeof packet);
  device->phase = AWAITING_CONNACK;
}

static void send_subscribe(struct device *device) {
  enum { PREFIX_BYTES = 9, TOPIC_BYTES = PREFIX_BYTES + ID_BYTES };
  uint8_t packet[] = {0x82, 5 + TOPIC_BYTES, 0, SUBSCRIBE_ID, 0, TOPIC_BYTES, [6 + TOPIC_BYTES] = /* QoS */ 1};
  memcpy(packet + 6, "commands/", PREFIX_BYTES);
  write_id(device, packet + 6 + PREFIX_BYTES);
  send_packet(device, packet, sizeof packet);
  device->phase = AWAITING_SUBACK;
}

static void take_packet(struct device *device) {
  const uint8_t *body = device->body;
  if (device->type == CONNACK && device->phase == AWAITING_CONNACK && device->kept == 2) {
    if (body[1] != 0) fail("CONNACK with return code %u", body[1]);
    send_subscribe(device);
    return;
  }
  if (device->type == SUBACK && device->phase == AWAITING_SUBACK && device->kept == 3) {
    if (body[0] != 0 || body[1] != SUBSCRIBE_ID) fail("SUBACK for a packet that was not sent");
    if (body[2] > 2) fail("SUBACK with return code %u", body[2]);
    device->phase = READY;
    ready++;
    return;
  }
  fail("a packet of type 0x%02x that was not expected", device->type);
}

/* TCP may cut a packet anywhere, and may join several. */
static void take_bytes(struct device *device, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint8_t byte = bytes[i];
    switch (device->part) {
    case PACKET_TYPE:
      device->type = byte;
      device->length = 0;
      device->length_bits = 0;
      device->kept = 0;
      device->part = PACKET_LENGTH;
      break;
    case PACKET_LENGTH:
      device->length |= (uint32_t)(byte & 0x7f) << device->length_bits;
      device->length_bits += 7;
      if (byte & 0x80) {
        if (device->length_bits == 28) fail("a packet whose length is no number");
        break;
      }
      device->part = PACKET_BODY;
      if (device->length > 0) break;
      device->part = PACKET_TYPE;
      take_packet(device);
      break;
    case PACKET_BODY:
      if (device->kept < sizeof device->body) device->body[device->kept++] = byte;
      if (--device->length > 0) break;
      device->part = PACKET_TYPE;
      take_packet(device);
      break;
    }
  }
}

static void watch(const struct device *device, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u32 = (uint32_t)(device - devices)};
  if (epoll_ctl(poller, operation, device->fd, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
}

static void open_device(struct device *device) {
  int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket: %s", strerror(errno));
  *device = (struct device){.fd = fd, .phase = CONNECTING, .part = PACKET_TYPE};
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) fail("TCP_NODELAY: %s", strerror(errno));
  if (source_count > 0) {
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr = sources[(device - devices) % source_count]};
    /* libuv binds with it, and so does the engine. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) fail("SO_REUSEADDR: %s", strerror(errno));
    if (bind(fd, (struct sockaddr *)&source, sizeof source) < 0) fail("bind: %s", strerror(errno));
  }
  if (connect(fd, (struct sockaddr *)&broker, sizeof broker) < 0 && errno != EINPROGRESS)
    fail("connect: %s", strerror(errno));
  watch(device, EPOLL_CTL_ADD, EPOLLOUT);
}

static void open_more(void) {
  while (opened < wanted && opened - ready < most_opening) open_device(&devices[opened++]);
}

static void on_event(struct device *device) {
  static uint8_t bytes[READ_BYTES];
  if (device->phase == CONNECTING) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(device->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
    if (error != 0) fail("connect: %s", strerror(error));
    send_connect(device);
    watch(device, EPOLL_CTL_MOD, EPOLLIN);
    return;
  }
  ssize_t count = recv(device->fd, bytes, sizeof bytes, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count < 0) fail("recv: %s", strerror(errno));
  if (count == 0) fail("the broker closed a connection");
  take_bytes(device, bytes, (size_t)count);
}

/* A port whose connection was reset does not wait in TIME_WAIT for whoever comes next. */
static void reset_all(void) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  for (uint32_t i = 0; i < opened; i++) {
    setsockopt(devices[i].fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(devices[i].fd);
  }
  opened = 0;
  ready = 0;
}

static void say_all_ready(void) {
  double took_ms = clock_ms(CLOCK_MONOTONIC) - started_ms;
  if (is_storm)
    printf("{\"kind\":\"storm\",\"dropSpreadMs\":%.3f,\"tookMs\":%.3f}\n", drop_spread_ms, took_ms);
  else
    printf("{\"kind\":\"ready\",\"firstConnectAtMs\":%.3f,\"tookMs\":%.3f}\n", started_at_ms, took_ms);
  fflush(stdout);
}

static void obey(const char *command) {
  if (ready < wanted) fail("told to %s before all devices were ready", command);
  started_ms = clock_ms(CLOCK_MONOTONIC);
  started_at_ms = clock_ms(CLOCK_REALTIME);
  if (wanted > 0 && strcmp(command, "storm") == 0) {
    is_storm = true;
    reset_all();
    drop_spread_ms = clock_ms(CLOCK_MONOTONIC) - started_ms;
  } else if (wanted == 0 && strcmp(command, "connect") == 0) {
    wanted = device_count;
  } else {
    fail("a command that does not fit here");
  }
  open_more();
}

/* Returns false at the end of stdin. */
static bool read_commands(void) {
  static char line[16];
  static size_t length;
  char text[64];
  ssize_t count = read(STDIN_FILENO, text, sizeof text);
  if (count < 0) fail("stdin: %s", strerror(errno));
  for (ssize_t i = 0; i < count; i++) {
    if (text[i] != '\n') {
      if (length == sizeof line - 1) fail("a command that is too long");
      line[length++] = text[i];
      continue;
    }
    line[length] = '\0';
    length = 0;
    obey(line);
  }
  return count > 0;
}

static uint32_t number(const char *text, const char *name, long most) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || value < 1 || value > most)
    fail("%s has to be a whole number from 1 to %ld", name, most);
  return (uint32_t)value;
}

static void read_arguments(int argc, char **argv) {
  if (argc < 4) fail("expected: port, devices, how many may be opening at once, source addresses");
  broker = (struct sockaddr_in){
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)number(argv[1], "the port", UINT16_MAX)),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  device_count = number(argv[2], "devices", MOST_DEVICES);
  most_opening = number(argv[3], "how many may be opening", MOST_DEVICES);
  source_count = (uint32_t)(argc - 4);
  devices = calloc(device_count, sizeof *devices);
  sources = calloc(source_count + 1, sizeof *sources);
  if (devices == NULL || sources == NULL) fail("out of memory");
  for (uint32_t i = 0; i < source_count; i++)
    if (inet_pton(AF_INET, argv[4 + i], &sources[i]) != 1) fail("a source address that is none");
}

static void allow_files(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0) fail("getrlimit: %s", strerror(errno));
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) < 0) fail("setrlimit: %s", strerror(errno));
  if (files.rlim_cur < device_count + OTHER_FILES) fail("only %lu files may be open", (unsigned long)files.rlim_cur);
}

int main(int argc, char **argv) {
  static struct epoll_event events[EVENTS_AT_ONCE];
  read_arguments(argc, argv);
  allow_files();
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) fail("epoll_create1: %s", strerror(errno));
  struct epoll_event commands = {.events = EPOLLIN, .data.u32 = device_count};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &commands) < 0) fail("stdin: %s", strerror(errno));
  printf("{\"kind\":\"loaded\"}\n");
  fflush(stdout);
  for (;;) {
    int count = epoll_wait(poller, events, EVENTS_AT_ONCE, -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    bool was_told = false;
    uint32_t ready_before = ready;
    for (int i = 0; i < count; i++) {
      uint32_t source = events[i].data.u32;
      if (source == device_count) was_told = true;
      else on_event(&devices[source]);
    }
    open_more();
    if (ready == device_count && ready > ready_before) say_all_ready();
    /* Comes last: a storm closes files that other events of this turn are about. */
    if (was_told && !read_commands()) break;
  }
  reset_all();
  return 0;
}
