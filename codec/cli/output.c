// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* output.c: output that appears whole or not at all, and write errors that are noticed. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_input(const struct stat *st, const struct input *in)
{
	if (!in || !in->regular)
		return false;
	return st->st_dev == in->dev && st->st_ino == in->ino;
}

static bool write_all(int fd, const uint8_t *p, size_t size)
{
	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

static int failed(const char *file)
{
	complain("%s: %s", file, strerror(errno));
	return STATUS_FAILED;
}

/* A device, a pipe: nothing can be renamed over it, and it has no contents to keep. */
static int write_in_place(const char *file, const void *p, size_t size)
{
	int fd = open(file, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	bool written;

	if (fd < 0)
		return failed(file);
	written = write_all(fd, p, size);
	if (!written)
		failed(file);
	if (close(fd) && written)
		return failed(file);
	return written ? STATUS_GOOD : STATUS_FAILED;
}

/* Makes the rename itself last. Not every file system can; the file is there and whole all the
 * same. */
static void sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* The bytes of the name up to the last slash, with it. */
static size_t folder_length(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? (size_t)(slash - file) + 1 : 0;
}

/* ---- A signal between the first byte and the rename ---- */

/* The file that is not yet in its place. The pointer is all that a handler may rely on. */
static char *_Atomic unfinished;

static const int endings[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

enum { ENDINGS = sizeof(endings) / sizeof(endings[0]) };

static void remove_unfinished(int number)
{
	const char *file = unfinished;

	if (file)
		unlink(file);
	/* SA_RESETHAND: now it does what it would have done. */
	raise(number);
}

static void watch_signals(void)
{
	struct sigaction action, old;
	size_t i;

	memset(&action, 0, sizeof(action));
	action.sa_handler = remove_unfinished;
	action.sa_flags = (int)SA_RESETHAND;
	sigemptyset(&action.sa_mask);
	for (i = 0; i < ENDINGS; i++) {
		/* One that is ignored, as under nohup, is to stay so. */
		if (sigaction(endings[i], NULL, &old) || old.sa_handler != SIG_DFL)
			continue;
		sigaction(endings[i], &action, NULL);
	}
}

/* As mkostemp(); no signal can come between the file and the note of it. */
static int make_unfinished(char *file)
{
	sigset_t set, old;
	size_t i;
	int fd;

	watch_signals();
	sigemptyset(&set);
	for (i = 0; i < ENDINGS; i++)
		sigaddset(&set, endings[i]);
	sigprocmask(SIG_BLOCK, &set, &old);
	fd = mkostemp(file, O_CLOEXEC);
	if (fd >= 0)
		unfinished = file;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return fd;
}

/* ---- Files ---- */

static int replace(const char *file, const void *p, size_t size, mode_t mode)
{
	size_t folder = folder_length(file);
	static const char pattern[] = ".devfd-XXXXXX";
	char *temporary = must_calloc(folder + sizeof(pattern), 1);
	int fd, status = STATUS_FAILED;

	memcpy(temporary, file, folder);
	memcpy(temporary + folder, pattern, sizeof(pattern));
	fd = make_unfinished(temporary);
	if (fd < 0) {
		failed(file);
		free(temporary);
		return STATUS_FAILED;
	}
	if (!write_all(fd, p, size) || fchmod(fd, mode) || fsync(fd)) {
		failed(file);
		close(fd);
	} else if (close(fd) || rename(temporary, file)) {
		failed(file);
	} else {
		status = STATUS_GOOD;
	}
	if (status)
		unlink(temporary);
	unfinished = NULL;
	temporary[folder] = '\0';
	if (!status)
		sync_folder(folder ? temporary : ".");
	free(temporary);
	return status;
}

/* Where symbolic links lead, also to what is not there yet, so that a link stays one; the caller
 * frees it. NULL with errno set if they lead nowhere. */
static char *linked(const char *file)
{
	enum { LINKS_MAX = 40 };
	char *name = must_calloc(strlen(file) + 1, 1), to[PATH_MAX], *next;
	ssize_t n;
	int i;

	memcpy(name, file, strlen(file) + 1);
	for (i = 0; i < LINKS_MAX; i++) {
		size_t folder = folder_length(name);

		n = readlink(name, to, sizeof(to) - 1);
		if (n < 0)
			return name;
		to[n] = '\0';
		if (to[0] == '/')
			folder = 0;
		next = must_calloc(folder + (size_t)n + 1, 1);
		memcpy(next, name, folder);
		memcpy(next + folder, to, (size_t)n);
		free(name);
		name = next;
	}
	free(name);
	errno = ELOOP;
	return NULL;
}

static int write_file(const char *file, const void *p, size_t size, const struct input *in)
{
	mode_t mask = umask(0), mode;
	struct stat st;
	char *name;
	int status;

	umask(mask);
	mode = 0666 & ~mask;
	if (!stat(file, &st)) {
		if (is_input(&st, in)) {
			complain("%s: output and input are the same file", file);
			return STATUS_FAILED;
		}
		if (S_ISDIR(st.st_mode)) {
			errno = EISDIR;
			return failed(file);
		}
		if (!S_ISREG(st.st_mode))
			return write_in_place(file, p, size);
		/* Other contents are not to run with the rights of those that were there. */
		mode = st.st_mode & 0777;
	} else if (errno != ENOENT) {
		return failed(file);
	}
	name = linked(file);
	if (!name)
		return failed(file);
	status = replace(name, p, size, mode);
	free(name);
	return status;
}

int output_write(const char *file, const void *p, size_t size, const struct input *in)
{
	struct stat st;

	if (strcmp(file, "-"))
		return write_file(file, p, size, in);
	if (!fstat(STDOUT_FILENO, &st) && is_input(&st, in)) {
		complain("standard output: output and input are the same file");
		return STATUS_FAILED;
	}
	/* Errors are kept by the stream for output_finish(). */
	fwrite(p, 1, size, stdout);
	return STATUS_GOOD;
}

static bool is_utf8(const char *text)
{
	json_t *value = json_string(text);

	json_decref(value);
	return value != NULL;
}

/* Is this byte, or the character that it is a part of, one that a terminal acts upon? */
static bool is_control(const unsigned char *p, bool utf8)
{
	if (*p < ' ' || *p == 0x7f)
		return true;
	if (*p < 0x80)
		return false;
	if (!utf8)
		return true;
	/* U+0080 to U+009F */
	if (*p == 0xc2)
		return p[1] < 0xa0;
	return *p < 0xa0 && p[-1] == 0xc2;
}

void print_escaped(FILE *to, const char *format, va_list args)
{
	char *text = NULL;
	const unsigned char *p;
	bool utf8;

	if (vasprintf(&text, format, args) < 0) {
		fputs(format, to);
		return;
	}
	utf8 = is_utf8(text);
	for (p = (const unsigned char *)text; *p; p++) {
		if (is_control(p, utf8))
			fprintf(to, "\\x%02x", *p);
		else
			putc(*p, to);
	}
	free(text);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_escaped(stdout, format, args);
	va_end(args);
	putchar('\n');
}

void print_wrapped(const char *text, int column, int start)
{
	while (*text) {
		int room = COLUMNS - column, length = (int)strlen(text), cut;

		if (length > room) {
			for (cut = room; cut > 0; cut--) {
				if (text[cut - 1] == ' ' || text[cut - 1] == '|')
					break;
				/* The space before a break need not fit. */
				if (text[cut] == ' ')
					break;
			}
			length = cut ? cut : room;
			/* A word that would fit on a line of its own goes there. */
			if (!cut && column > start)
				length = 0;
		}
		for (cut = length; cut > 0 && text[cut - 1] == ' ';)
			cut--;
		printf("%.*s", cut, text);
		text += length;
		while (*text == ' ')
			text++;
		if (!*text)
			break;
		printf("\n%*s", start, "");
		column = start;
	}
}

int print_json(const json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2));

	if (!text) {
		complain("out of memory");
		return STATUS_FAILED;
	}
	puts(text);
	free(text);
	return STATUS_GOOD;
}

/* The errno of the first write to stdout that failed; the stream itself only remembers that one
 * did. */
static int stdout_errno;

int output_begin(void)
{
	int fd;

	/* With a standard stream closed, the next file opened would take its place. */
	for (fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			return STATUS_FAILED;
	}
	/* A write that cannot be done is to fail, and be told of, rather than end the program. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return STATUS_GOOD;
}

void output_flush(void)
{
	if (fflush(stdout) && !stdout_errno)
		stdout_errno = errno;
}

int output_finish(int status)
{
	/* With a stream in error every further write fails too, and sets errno again. */
	if (ferror(stdout) && !stdout_errno)
		stdout_errno = errno ? errno : EIO;
	output_flush();
	if (close(STDOUT_FILENO) && !stdout_errno)
		stdout_errno = errno;
	if (!stdout_errno)
		return status;
	complain("standard output: %s", strerror(stdout_errno));
	return STATUS_FAILED;
}
