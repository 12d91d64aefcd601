/*
 * Kill a program at a chosen point of its work.
 *
 *	killat N PROGRAM [ARGUMENT ...]
 *	killat N -p PID
 *
 * The program, or a process that runs already, goes on until its Nth system
 * call that others could notice (a message, a write, an ioctl, a lock, a fork),
 * and is killed by SIGKILL before the kernel does anything of it. What it
 * started itself is left alone.
 *
 * Exit status: 0 killed; 1 the program ended before, and a line says how many
 * such calls it made and with what status it left; 2 this did not work.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSCALL_STOP (SIGTRAP | 0x80) /* as PTRACE_O_TRACESYSGOOD has it */

static const unsigned long long noticed[] = {
	SYS_write, SYS_writev, SYS_pwrite64, SYS_sendto, SYS_sendmsg, SYS_ioctl,
	SYS_flock, SYS_unlink, SYS_rename,   SYS_mkdir,	 SYS_fork,    SYS_vfork,
	SYS_clone, SYS_kill,   SYS_connect,  SYS_clone3, SYS_close,
};

static int failed(const char *what)
{
	fprintf(stderr, "killat: cannot %s: %s\n", what, strerror(errno));
	return 2;
}

static bool is_noticed(pid_t pid)
{
	struct user_regs_struct regs;
	size_t i;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		return false;
	for (i = 0; i < sizeof(noticed) / sizeof(*noticed); i++)
		if (regs.orig_rax == noticed[i])
			return true;
	return false;
}

/* From one stop to the next, until the call or the end. */
static int watch(pid_t pid, unsigned long n)
{
	unsigned long seen = 0;
	bool entry = false;
	int status, sig = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, sig))
			return failed("let it go on");
		if (waitpid(pid, &status, 0) != pid)
			return failed("wait for it");
		sig = 0;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			printf("%lu calls, status %d\n", seen, status);
			return 1;
		}
		if (WSTOPSIG(status) != SYSCALL_STOP) {
			/* SIGTRAP tells of execve() */
			sig = WSTOPSIG(status) == SIGTRAP ? 0
							  : WSTOPSIG(status);
			continue;
		}
		entry = !entry;
		if (entry && is_noticed(pid) && ++seen == n)
			break;
	}
	if (kill(pid, SIGKILL))
		return failed("kill it");
	waitpid(pid, &status, 0);
	return 0;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(failed("be traced"));
	raise(SIGSTOP);
	execvp(argv[0], argv);
	_exit(failed(argv[0]));
}

/* It stops, from wherever it sleeps: the call it was in begins anew. */
static pid_t attach(const char *number)
{
	pid_t pid = strtol(number, NULL, 10);

	return ptrace(PTRACE_ATTACH, pid, NULL, NULL) ? -1 : pid;
}

int main(int argc, char **argv)
{
	bool runs = argc == 4 && !strcmp(argv[2], "-p");
	int status;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: killat N PROGRAM [ARGUMENT ...]\n"
		      "       killat N -p PID\n",
		      stderr);
		return 2;
	}
	pid = runs ? attach(argv[3]) : start(argv + 2);
	if (pid < 0)
		return failed(runs ? "attach to it" : "fork");
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return failed("start it");
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL |
			   PTRACE_O_TRACEEXEC))
		return failed("trace it");
	return watch(pid, strtoul(argv[1], NULL, 10));
}
