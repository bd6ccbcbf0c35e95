/* A line for TCP connections that holds every byte back, both ways, for the same time: a long line
 * without a kernel that can pretend one.
 *
 *   delay-line MILLISECONDS LISTEN-PORT TARGET-PORT [LISTEN-PORT TARGET-PORT ...]
 *
 * Each direction has its own queue of chunks with the moment at which they go on. As much as
 * QUEUE_MAX bytes is on its way, like the window of a line that can carry that much in the time.
 * Loopback only; one thread; ends with its input. Build: cc -O2 -o delay-line delay-line.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 256 << 10, QUEUE_MAX = 64 << 20, PORTS_MAX = 64 };

struct chunk {
    struct chunk *next;
    uint64_t due;
    size_t start, end;
    char bytes[CHUNK];
};

/* One direction: from the socket of `end` to that of its peer. */
struct end {
    int fd;
    struct end *peer;
    struct chunk *first, *last;
    size_t queued;
    int sees_end; /* nothing more comes; goes on as a shutdown when the queue is empty */
    int is_shut;
    struct end *next; /* of all ends, for the look at what is due */
};

static struct end *ends;
static struct chunk *spare;
static uint64_t delay;
static int listener_fd[PORTS_MAX], target_port[PORTS_MAX], port_count;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static void nodelay(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void join(int client, int port) {
    int server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = loopback(port);
    if (server < 0 || connect(server, (struct sockaddr *)&a, sizeof a) != 0) {
        close(client);
        if (server >= 0) close(server);
        return;
    }
    nodelay(client);
    nodelay(server);
    struct end *left = calloc(1, sizeof *left), *right = calloc(1, sizeof *right);
    if (!left || !right) die("memory");
    *left = (struct end){.fd = client, .peer = right, .next = right};
    *right = (struct end){.fd = server, .peer = left, .next = ends};
    ends = left;
}

static struct chunk *take_chunk(void) {
    struct chunk *c = spare;
    if (c)
        spare = c->next;
    else if (!(c = malloc(sizeof *c)))
        die("memory");
    c->next = NULL;
    c->start = c->end = 0;
    return c;
}

static void read_some(struct end *e) {
    while (!e->sees_end && e->queued < QUEUE_MAX) {
        struct chunk *c = take_chunk();
        ssize_t n = read(e->fd, c->bytes, CHUNK);
        if (n <= 0) {
            c->next = spare;
            spare = c;
            if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
            e->sees_end = 1;
            return;
        }
        c->end = (size_t)n;
        c->due = now() + delay;
        if (e->last)
            e->last->next = c;
        else
            e->first = c;
        e->last = c;
        e->queued += (size_t)n;
    }
}

static void write_due(struct end *e) {
    uint64_t t = now();
    while (e->first && e->first->due <= t) {
        struct chunk *c = e->first;
        ssize_t n = write(e->peer->fd, c->bytes + c->start, c->end - c->start);
        if (n < 0) {
            if (errno == EAGAIN || errno == EINTR) return;
            /* The peer is gone: so is what was for it. */
            n = (ssize_t)(c->end - c->start);
            e->sees_end = 1;
        }
        c->start += (size_t)n;
        e->queued -= (size_t)n;
        if (c->start < c->end) return;
        e->first = c->next;
        if (!e->first) e->last = NULL;
        c->next = spare;
        spare = c;
    }
    if (!e->first && e->sees_end && !e->is_shut) {
        shutdown(e->peer->fd, SHUT_WR);
        e->is_shut = 1;
    }
}

/* Ends whose both directions are over are freed in pairs: a left one is before its right one. */
static void sweep(void) {
    for (struct end **link = &ends; *link;) {
        struct end *left = *link, *right = left->next;
        if (left->is_shut && right->is_shut) {
            *link = right->next;
            close(left->fd);
            close(right->fd);
            free(left);
            free(right);
        } else {
            link = &right->next;
        }
    }
}

int main(int argc, char **argv) {
    if (argc < 4 || argc % 2 != 0) {
        fprintf(stderr, "delay-line MILLISECONDS LISTEN-PORT TARGET-PORT ...\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    delay = (uint64_t)atoi(argv[1]) * 1000000u;
    for (int i = 2; i < argc && port_count < PORTS_MAX; i += 2, port_count++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
        struct sockaddr_in a = loopback(atoi(argv[i]));
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 64) != 0) die("listen");
        listener_fd[port_count] = fd;
        target_port[port_count] = atoi(argv[i + 1]);
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd fds[PORTS_MAX + 1 + 1024];
        struct end *of[PORTS_MAX + 1 + 1024];
        int count = 0;
        fds[count++] = (struct pollfd){.fd = 0, .events = POLLIN};
        for (int i = 0; i < port_count; i++)
            fds[count++] = (struct pollfd){.fd = listener_fd[i], .events = POLLIN};
        int first = count, wait = 1000;
        uint64_t t = now();
        for (struct end *e = ends; e && count < PORTS_MAX + 1025; e = e->next) {
            short events = 0;
            if (!e->sees_end && e->queued < QUEUE_MAX) events |= POLLIN;
            if (e->peer->first && e->peer->first->due <= t) events |= POLLOUT;
            if (e->first && e->first->due > t) {
                int ms = (int)((e->first->due - t + 999999) / 1000000);
                if (ms < wait) wait = ms;
            }
            of[count] = e;
            fds[count++] = (struct pollfd){.fd = events ? e->fd : -1, .events = events};
        }
        if (poll(fds, (nfds_t)count, wait) < 0 && errno != EINTR) die("poll");
        char line[64];
        if (fds[0].revents && read(0, line, sizeof line) <= 0) return 0;
        for (int i = first; i < count; i++)
            if (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) read_some(of[i]);
        for (struct end *e = ends; e; e = e->next) write_due(e);
        sweep();
        for (int i = 0; i < port_count; i++)
            if (fds[1 + i].revents & POLLIN) {
                int fd = accept(listener_fd[i], NULL, NULL);
                if (fd >= 0) join(fd, target_port[i]);
            }
    }
}
