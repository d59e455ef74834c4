/* Preloaded into a running capture, this tries once what the sandbox says cannot be done, as an attacker would who has got hold
 * of the process. Each attempt is one line on standard error: "refused NAME" or "POSSIBLE NAME: result, errno". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int packet_socket = -1;
static long target; /* a process of the same user */
static int any;     /* captures on all interfaces: there is nothing to bind to anew */
static int tried;

static void try(const char *name, long result, int expected) {
    char line[160];
    int length;
    if (result == -1 && errno == expected)
        length = snprintf(line, sizeof line, "refused %s\n", name);
    else
        length = snprintf(line, sizeof line, "POSSIBLE %s: %ld, errno %d\n", name, result, errno);
    tried++;
    if (write(2, line, length) < 0) return;
}

#define TRY(name, ...) (errno = 0, try(name, (long)(__VA_ARGS__), EPERM))
#define CALL(number, ...) TRY(#number, syscall(SYS_##number, __VA_ARGS__))

static void signals(void) {
    CALL(tgkill, target, target, 0);
    CALL(tkill, target, 0);
    CALL(kill, target, 0);
    CALL(rt_sigqueueinfo, target, SIGUSR1, NULL);
    CALL(rt_tgsigqueueinfo, target, target, SIGUSR1, NULL);
    CALL(pidfd_open, target, 0);
    TRY("F_SETOWN", fcntl(0, F_SETOWN, (int)target));
    struct f_owner_ex owner = {F_OWNER_PID, (int)target};
    TRY("F_SETOWN_EX", fcntl(0, F_SETOWN_EX, &owner));
    TRY("F_SETSIG", fcntl(0, F_SETSIG, SIGKILL));
    TRY("F_SETFL O_ASYNC", fcntl(0, F_SETFL, O_ASYNC));
    TRY("F_DUPFD", fcntl(packet_socket, F_DUPFD, 100));
    CALL(dup, packet_socket);
    CALL(dup3, packet_socket, 101, 0);
    CALL(ptrace, 16, target, 0, 0);
    CALL(process_vm_readv, target, NULL, 0, NULL, 0, 0);
    CALL(prlimit64, target, 0, NULL, NULL);
    CALL(setpriority, 0, target, 5);
}

static void packets(void) {
    static char frame[60];
    struct iovec piece = {frame, sizeof frame};
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = 1};
    struct msghdr message = {&to, sizeof to, &piece, 1, NULL, 0, 0};
    struct sock_filter all = {BPF_RET | BPF_K, 0, 0, 65535};
    struct sock_fprog program = {1, &all};
    struct tpacket_req ring = {4096, 1, 2048, 2};
    int one = 1;
    TRY("sendto", sendto(packet_socket, frame, sizeof frame, 0, (void *)&to, sizeof to));
    TRY("send", send(packet_socket, frame, sizeof frame, 0));
    TRY("sendmsg", sendmsg(packet_socket, &message, 0));
    TRY("write of a frame", write(packet_socket, frame, sizeof frame));
    TRY("writev of a frame", writev(packet_socket, &piece, 1));
    CALL(sendmmsg, packet_socket, NULL, 0, 0);
    CALL(sendfile, packet_socket, 0, NULL, 10);
    CALL(splice, 0, NULL, packet_socket, NULL, 10, 0);
    TRY("SO_DETACH_FILTER", setsockopt(packet_socket, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof one));
    TRY("SO_ATTACH_FILTER", setsockopt(packet_socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
    TRY("PACKET_TX_RING", setsockopt(packet_socket, SOL_PACKET, PACKET_TX_RING, &ring, sizeof ring));
    TRY("SO_RCVBUF", setsockopt(packet_socket, SOL_SOCKET, SO_RCVBUF, &one, sizeof one));
    if (any) CALL(bind, packet_socket, &to, sizeof to);
    CALL(bind, 0, &to, sizeof to);
    CALL(socket, AF_INET, SOCK_STREAM, 0);
    CALL(socket, AF_PACKET, SOCK_RAW, 0);
    CALL(socket, AF_UNIX, SOCK_DGRAM, 0);
    CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, NULL);
    CALL(connect, packet_socket, &to, sizeof to);
    CALL(listen, packet_socket, 1);
    CALL(recvmsg, packet_socket, &message, 0);
}

static void processes(void) {
    char *none[] = {NULL};
    TRY("CLONE_NEWUSER", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
    TRY("CLONE_NEWNET", syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0));
    TRY("CLONE_NEWNS", syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0));
    TRY("a thread in a namespace", syscall(SYS_clone, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_NEWNET, 0, 0, 0, 0));
    TRY("a process", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    errno = 0;
    try("clone3", syscall(SYS_clone3, &arguments, sizeof arguments), ENOSYS);
#ifdef SYS_fork
    TRY("fork", syscall(SYS_fork));
    TRY("vfork", syscall(SYS_vfork) == 0 ? (syscall(SYS_exit, 0), 0L) : -1L);
#endif
    CALL(unshare, CLONE_NEWUSER);
    CALL(setns, 0, 0);
    CALL(execve, "/bin/true", none, none);
    CALL(execveat, AT_FDCWD, "/bin/true", none, none, 0);
    CALL(setresuid, 0, 0, 0);
    CALL(setgroups, 0, NULL);
    CALL(capset, NULL, NULL);
    CALL(personality, 0x0400000);
    TRY("PR_SET_DUMPABLE", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
    TRY("PR_SET_PTRACER", prctl(PR_SET_PTRACER, target, 0, 0, 0));
    CALL(seccomp, 1, 0, NULL);
}

static void memory(void) {
    size_t page = sysconf(_SC_PAGESIZE);
    void *plain = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRY("mmap rwx", mmap(NULL, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    TRY("mmap rx", mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    TRY("mprotect rwx", mprotect(plain, page, PROT_READ | PROT_WRITE | PROT_EXEC));
    TRY("mprotect rx", mprotect(plain, page, PROT_READ | PROT_EXEC));
    CALL(pkey_mprotect, plain, page, PROT_EXEC, -1);
    CALL(memfd_create, "x", 0);
    CALL(shmget, 0, page, 0600);
    CALL(userfaultfd, 0);
    CALL(io_uring_setup, 1, NULL);
    CALL(bpf, 0, NULL, 0);
    CALL(perf_event_open, NULL, 0, -1, -1, 0);
}

static void files(void) {
    struct stat found;
    char buffer[256];
    CALL(openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
    CALL(openat, AT_FDCWD, "/tmp/forbidden", O_WRONLY | O_CREAT, 0600);
    CALL(openat2, AT_FDCWD, "/etc/passwd", NULL, 0);
    CALL(newfstatat, AT_FDCWD, "/etc/passwd", &found, 0);
    CALL(newfstatat, 0, "/etc/passwd", &found, AT_EMPTY_PATH);
    CALL(statx, AT_FDCWD, "/etc/passwd", 0, 0, buffer);
    CALL(faccessat, AT_FDCWD, "/etc/passwd", 0);
    CALL(readlinkat, AT_FDCWD, "/proc/self/exe", buffer, sizeof buffer);
    CALL(getdents64, 0, buffer, sizeof buffer);
    CALL(chdir, "/");
    CALL(chroot, "/");
    CALL(mkdirat, AT_FDCWD, "/tmp/forbidden", 0700);
    CALL(unlinkat, AT_FDCWD, "/tmp/forbidden", 0);
    CALL(renameat2, AT_FDCWD, "/tmp/forbidden", AT_FDCWD, "/tmp/x", 0);
    CALL(linkat, AT_FDCWD, "/etc/passwd", AT_FDCWD, "/tmp/forbidden", 0);
    CALL(symlinkat, "/etc/passwd", AT_FDCWD, "/tmp/forbidden");
    CALL(fchmod, 1, 0666);
    CALL(fchmodat, AT_FDCWD, "/tmp", 0777);
    CALL(fchown, 1, 0, 0);
    CALL(fchownat, AT_FDCWD, "/tmp", 0, 0, 0);
    CALL(truncate, "/etc/passwd", 0);
    CALL(mount, "x", "/", "tmpfs", 0, NULL);
    CALL(umount2, "/", 0);
    CALL(inotify_init1, 0);
    CALL(name_to_handle_at, AT_FDCWD, "/etc/passwd", NULL, NULL, 0);
    char key = '\n';
    TRY("TIOCSTI", ioctl(0, TIOCSTI, &key));
    TRY("TIOCLINUX", ioctl(0, TIOCLINUX, &key));
    TRY("TIOCSCTTY", ioctl(0, TIOCSCTTY, 1));
    TRY("FIOASYNC", ioctl(0, FIOASYNC, &key));
    TRY("SIOCSIFFLAGS", ioctl(packet_socket, 0x8914, buffer));
    CALL(clock_settime, 0, NULL);
    CALL(sethostname, "x", 1);
}

/* The packet socket is the one that is bound as such. */
int bind(int descriptor, const struct sockaddr *address, socklen_t length) {
    if (address->sa_family == AF_PACKET) packet_socket = descriptor;
    return syscall(SYS_bind, descriptor, address, length);
}

/* The capture waits with this; the first time without rights is the moment. */
int poll(struct pollfd *asked, nfds_t count, int time) {
    static int done;
    static int (*real)(struct pollfd *, nfds_t, int);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "poll");
    if (!done && syscall(SYS_getppid) == -1 && errno == EPERM) {
        done = 1;
        target = atol(getenv("FORBIDDEN_TARGET"));
        any = getenv("FORBIDDEN_ANY") != NULL;
        signals();
        packets();
        processes();
        memory();
        files();
        dprintf(2, "tried %d\n", tried);
    }
    return real(asked, count, time);
}
