/* Where the executable unpacks itself, and who is the server then.
 *
 * Linked into PyInstaller's bootloader, whose source is left as it is: the linker puts the
 * functions below, whose names begin with __wrap_, in the place of those that it calls.
 *
 * The bootloader unpacks into a new folder, starts the program as its child, waits, and removes
 * the folder. So a signal to the first process has to be passed on, comes twice where a whole
 * group gets it, and a service manager watches a process that only waits. Here the first process
 * becomes the program, and the child waits. It knows the end by a lock on the folder, which the
 * program and all that it forks hold. The lock also keeps systemd-tmpfiles away from the folder,
 * and tells those that a killed program has left from those in use.
 */

#define _GNU_SOURCE /* ST_NOEXEC */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#include "pyi_utils.h"

#define MIB (1024 * 1024)
#define OWN ".cstar"
#define NAME_LENGTH 18

static char unusable[2048];

char *__real_mkdtemp(char *template);
pid_t __real_fork(void);
pid_t __real_waitpid(pid_t pid, int *status, int options);
int __real_pyi_create_temporary_application_directory(struct PYI_CONTEXT *pyi_ctx);


static int
lock(const char *path, int how)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

    if (fd >= 0 && flock(fd, how) == 0) {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

static int
is_ours(const char *path)
{
    char mark[PATH_MAX];
    struct stat found;

    if (snprintf(mark, sizeof(mark), "%s/" OWN, path) >= (int)sizeof(mark)) {
        return 0;
    }
    return lstat(path, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid()
        && lstat(mark, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid();
}

/* Remove what a program left that was killed together with who waited for it. */
static void
remove_left(const char *folder)
{
    char path[PATH_MAX];
    struct dirent *entry;
    DIR *entries = opendir(folder);
    int held;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (strncmp(entry->d_name, "_MEI", 4) != 0 || strlen(entry->d_name) != NAME_LENGTH
            || snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path)
            || !is_ours(path)) {
            continue;
        }
        held = lock(path, LOCK_EX | LOCK_NB);
        if (held >= 0) {
            pyi_recursive_rmdir(path);
            close(held);
        }
    }
    if (entries != NULL) {
        closedir(entries);
    }
}

static void
note(const char *folder, const char *why)
{
    size_t length = strlen(unusable);

    snprintf(unusable + length, sizeof(unusable) - length, "%s%s %s", length ? ", " : "", folder, why);
}

/* What keeps a new folder from being used; NULL if nothing does. It stays locked. */
static const char *
obstacle(const char *path)
{
    static char space[80];
    char mark[PATH_MAX];
    struct statvfs disk;
    int fd;

    if (statvfs(path, &disk) == 0) {
        unsigned long long left = (unsigned long long)disk.f_bavail * disk.f_frsize / MIB;

        if (disk.f_flag & ST_NOEXEC) {
            return "is mounted noexec";
        }
        if (disk.f_blocks != 0 && left < NEEDED_MIB) {
            snprintf(space, sizeof(space), "has %llu of %d MiB free", left, NEEDED_MIB);
            return space;
        }
    }
    if (lock(path, LOCK_SH) < 0) {
        return "takes no locks";
    }
    if (snprintf(mark, sizeof(mark), "%s/" OWN, path) >= (int)sizeof(mark)) {
        return "has too long a name";
    }
    fd = open(mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return "takes no files";
    }
    close(fd);
    return NULL;
}

char *
__wrap_mkdtemp(char *template)
{
    char copy[PATH_MAX];
    const char *folder, *why;

    snprintf(copy, sizeof(copy), "%s", template);
    folder = dirname(copy);
    remove_left(folder);
    if (__real_mkdtemp(template) == NULL) {
        note(folder, errno == ENOENT ? "does not exist" : errno == EROFS ? "is read-only" : strerror(errno));
        return NULL;
    }
    why = obstacle(template);
    if (why != NULL) {
        note(folder, why);
        pyi_recursive_rmdir(template);
        return NULL;
    }
    return template;
}

int
__wrap_pyi_create_temporary_application_directory(struct PYI_CONTEXT *pyi_ctx)
{
    if (__real_pyi_create_temporary_application_directory(pyi_ctx) == 0) {
        return 0;
    }
    fprintf(stderr, "cstar: found no folder to unpack itself into: %s; "
            "set TMPDIR to one with %d MiB free that programs may be run from\n", unusable, NEEDED_MIB);
    exit(1);
}

/* The two come back from it with their parts exchanged: the parent is told that it is the child. */
pid_t
__wrap_fork(void)
{
    pid_t program = getpid();
    pid_t forked = __real_fork();
    int fd;

    if (forked != 0) {
        return forked < 0 ? forked : 0;
    }
    /* A pipe that the program writes to must end with it, and Ctrl-C is for the program. */
    setsid();
    prctl(PR_SET_NAME, "cstar-unpacked");
    for (fd = 0; fd < 1024; ++fd) {
        close(fd);
    }
    fd = open("/dev/null", O_RDWR);
    if (fd == 0) {
        dup2(fd, 1);
        dup2(fd, 2);
    }
    return program;
}

/* Wait for the program, which is no child, by the lock that it and its processes hold. */
pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
    const char *folder = getenv("_PYI_APPLICATION_HOME_DIR");

    (void)options;
    if (folder == NULL || lock(folder, LOCK_EX) < 0) {
        _exit(1);
    }
    *status = 0;
    return pid;
}
