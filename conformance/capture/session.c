// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* session.c: a device opened through VFIO, by its group and a container or by its cdev and iommufd.
 */
#include "capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The numbers that the opening of a device takes; <linux/vfio.h> of Linux before 6.6 lacks the
 * last.
 */
enum {
	GET_API_VERSION = 100,
	CHECK_EXTENSION = 101,
	SET_IOMMU = 102,
	GROUP_GET_STATUS = 103,
	SET_CONTAINER = 104,
	GET_DEVICE_FD = 106,
	BIND_IOMMUFD = 118,
};

enum { API_VERSION = 0, TYPE1 = 1, TYPE1V2 = 3, GROUP_VIABLE = 1 };

struct group_status {
	uint32_t argsz, flags;
};

struct bind_iommufd {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t out_devid;
};

int session_call(const struct session *s, enum on on, uint32_t number, void *arg)
{
	int ret;

	if (s->fd[on] < 0)
		return -EBADF;
	ret = ioctl(s->fd[on], _IO(';', number), arg);
	return ret < 0 ? -errno : ret;
}

/* The same with a number as the argument. */
static int call_number(const struct session *s, enum on on, uint32_t number, uintptr_t arg)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): these ioctls take a number there. */
	return session_call(s, on, number, (void *)arg);
}

/* ---- What an errno of the opening means ---- */

static int cannot_open(const char *file, int error, struct problem *p)
{
	if (error == EACCES || error == EPERM)
		return problem_set(
			p, PROBLEM_PERMISSION, error,
			"%s: no permission to open it. Run as root, or give yourself the "
			"file: chown \"$USER\" %s",
			file, file);
	if (error == EBUSY)
		return problem_set(
			p, PROBLEM_BUSY, error,
			"%s is in use by another program, such as a virtual machine. End "
			"that program first (fuser %s names it)",
			file, file);
	if (error == ENODEV || error == ENXIO)
		return problem_set(
			p, PROBLEM_NO_VFIO, error,
			"%s: nothing in the kernel answers there. Load the module: modprobe "
			"vfio-pci",
			file);
	return problem_set(p, PROBLEM_OTHER, error, "%s: %s", file, strerror(error));
}

static int open_node(int *fd, const char *file, struct problem *p)
{
	*fd = open(file, O_RDWR | O_CLOEXEC);
	return *fd < 0 ? cannot_open(file, errno, p) : 0;
}

static int gone(const char *name, int error, struct problem *p)
{
	return problem_set(p, PROBLEM_GONE, error,
			   "%s went away while it was opened (%s). Plug it in again, and repeat",
			   name, strerror(error));
}

static int failed(const char *name, const char *what, int ret, struct problem *p)
{
	int error = -ret;

	if (error == ENODEV || error == EIO || error == ENXIO)
		return gone(name, error, p);
	if (error == EBUSY)
		return problem_set(p, PROBLEM_BUSY, error,
				   "%s is in use by another program, such as a virtual machine "
				   "(%s: %s). End that program first",
				   name, what, strerror(error));
	if (error == EACCES || error == EPERM)
		return problem_set(p, PROBLEM_PERMISSION, error,
				   "%s: no permission for %s (%s). Run as root", name, what,
				   strerror(error));
	return problem_set(p, PROBLEM_OTHER, error, "%s: %s failed: %s", name, what,
			   strerror(error));
}

/* ---- Container and group ---- */

static int not_viable(const struct listed *d, struct problem *p)
{
	if (d->problem.kind != PROBLEM_NONE) {
		*p = d->problem;
		return -1;
	}
	return problem_set(p, PROBLEM_NOT_VIABLE, 0,
			   "%s: its IOMMU group %s is not viable. Bind every device in "
			   "/sys/kernel/iommu_groups/%s/devices to vfio-pci, or unbind it",
			   d->name, d->group, d->group);
}

static int check_group(const struct session *s, const struct listed *d, struct problem *p)
{
	struct group_status status = {sizeof(status), 0};
	int ret = session_call(s, ON_GROUP, GROUP_GET_STATUS, &status);

	if (ret < 0)
		return d->problem.kind ? not_viable(d, p)
				       : failed(d->name, "VFIO_GROUP_GET_STATUS", ret, p);
	return status.flags & GROUP_VIABLE ? 0 : not_viable(d, p);
}

static int set_iommu(const struct session *s, const struct listed *d, struct problem *p)
{
	static const uintptr_t types[] = {TYPE1V2, TYPE1};
	size_t i;
	int ret = 0;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (call_number(s, ON_CONTAINER, CHECK_EXTENSION, types[i]) <= 0)
			continue;
		ret = call_number(s, ON_CONTAINER, SET_IOMMU, types[i]);
		if (ret == 0)
			return 0;
		break;
	}
	if (ret == 0)
		return problem_set(p, PROBLEM_NO_IOMMU, 0,
				   "%s: VFIO has no type1 IOMMU here. Load the module: modprobe "
				   "vfio_iommu_type1",
				   d->name);
	if (ret == -EPERM)
		return problem_set(p, PROBLEM_NO_IOMMU, EPERM,
				   "%s: the IOMMU does not remap interrupts, so VFIO refuses it. "
				   "Switch interrupt remapping on (intremap), or accept the risk: "
				   "modprobe vfio_iommu_type1 allow_unsafe_interrupts=1",
				   d->name);
	if (ret == -ENODEV)
		return problem_set(p, PROBLEM_NO_IOMMU, ENODEV,
				   "%s: no IOMMU serves its group %s. Switch the IOMMU on in the "
				   "firmware and on the kernel's command line (intel_iommu=on)",
				   d->name, d->group);
	return failed(d->name, "VFIO_SET_IOMMU", ret, p);
}

static int open_container(struct session *s, const struct roots *roots, const struct listed *d,
			  struct problem *p)
{
	char file[PATH_MAX];
	int ret;

	snprintf(file, sizeof(file), "%s/dev/vfio/%s", roots->dev, d->group);
	if (access(file, F_OK) != 0) {
		/* Devices without an IOMMU have a group node of another name. */
		snprintf(file, sizeof(file), "%s/dev/vfio/noiommu-%s", roots->dev, d->group);
		if (access(file, F_OK) == 0)
			return problem_set(
				p, PROBLEM_NO_IOMMU, 0,
				"%s is in the no-IOMMU mode of VFIO, which a capture does "
				"not use. Switch the IOMMU on",
				d->name);
		return problem_set(p, PROBLEM_NO_VFIO, ENOENT,
				   "%s/dev/vfio/%s is missing. This kernel may have only the cdev "
				   "(--cdev); in a container, pass /dev/vfio into it",
				   roots->dev, d->group);
	}
	if (open_node(&s->fd[ON_GROUP], file, p))
		return -1;
	if (check_group(s, d, p))
		return -1;
	snprintf(file, sizeof(file), "%s/dev/vfio/vfio", roots->dev);
	if (open_node(&s->fd[ON_CONTAINER], file, p))
		return -1;
	ret = session_call(s, ON_CONTAINER, GET_API_VERSION, NULL);
	if (ret != API_VERSION)
		return problem_set(p, PROBLEM_NO_VFIO, 0,
				   "%s: the kernel speaks another VFIO than ours (version %d)",
				   file, ret);
	ret = session_call(s, ON_GROUP, SET_CONTAINER, &s->fd[ON_CONTAINER]);
	if (ret < 0)
		return failed(d->name, "VFIO_GROUP_SET_CONTAINER", ret, p);
	if (set_iommu(s, d, p))
		return -1;
	ret = session_call(s, ON_GROUP, GET_DEVICE_FD, s->name);
	if (ret < 0)
		return failed(d->name, "VFIO_GROUP_GET_DEVICE_FD", ret, p);
	s->fd[ON_DEVICE] = ret;
	return 0;
}

/* ---- The cdev ---- */

/* The name of the device below /dev/vfio/devices. */
static bool cdev_name(const struct roots *roots, const struct listed *d, char *out, size_t size)
{
	char folder[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/sys/bus/%s/devices/%s/vfio-dev", roots->sys, d->bus,
		 d->name);
	dir = opendir(folder);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		found = (size_t)snprintf(out, size, "%s/dev/vfio/devices/%s", roots->dev,
					 entry->d_name) < size;
	}
	closedir(dir);
	return found && access(out, F_OK) == 0;
}

static int bind_iommufd(struct session *s, const struct roots *roots, const struct listed *d,
			struct problem *p)
{
	struct bind_iommufd bind = {sizeof(bind), 0, -1, 0};
	char file[PATH_MAX];
	int ret;

	snprintf(file, sizeof(file), "%s/dev/iommu", roots->dev);
	if (access(file, F_OK) != 0)
		return problem_set(
			p, PROBLEM_NO_IOMMU, ENOENT,
			"%s is missing. Load the module: modprobe iommufd; this kernel may "
			"lack CONFIG_IOMMUFD",
			file);
	if (open_node(&s->fd[ON_IOMMUFD], file, p))
		return -1;
	bind.iommufd = s->fd[ON_IOMMUFD];
	ret = session_call(s, ON_DEVICE, BIND_IOMMUFD, &bind);
	/* A device of the group that has a driver of the host makes it busy too. */
	if (ret < 0 && d->problem.kind == PROBLEM_NOT_VIABLE)
		return not_viable(d, p);
	if (ret == -EINVAL)
		return problem_set(
			p, PROBLEM_BUSY, EINVAL,
			"%s cannot be bound to the iommufd; another program may have its "
			"group open. End that program first",
			d->name);
	if (ret < 0)
		return failed(d->name, "VFIO_DEVICE_BIND_IOMMUFD", ret, p);
	s->devid = bind.out_devid;
	s->bound = true;
	return 0;
}

static int open_cdev(struct session *s, const struct roots *roots, const struct listed *d,
		     bool bind, struct problem *p)
{
	char file[PATH_MAX];

	if (!cdev_name(roots, d, file, sizeof(file)))
		return problem_set(p, PROBLEM_NO_VFIO, ENOENT,
				   "%s has no device below %s/dev/vfio/devices. This kernel has no "
				   "CONFIG_VFIO_DEVICE_CDEV; use the group (--container)",
				   d->name, roots->dev);
	if (open_node(&s->fd[ON_DEVICE], file, p))
		return -1;
	return bind ? bind_iommufd(s, roots, d, p) : 0;
}

/* ---- Both ---- */

static enum way choose(const struct roots *roots, const struct listed *d)
{
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/dev/vfio/%s", roots->dev, d->group);
	if (d->group[0] && access(file, F_OK) == 0)
		return WAY_CONTAINER;
	return cdev_name(roots, d, file, sizeof(file)) ? WAY_CDEV : WAY_CONTAINER;
}

int session_open(struct session *s, const struct roots *roots, const char *name, enum way way,
		 bool bind, struct problem *p)
{
	struct listed d;
	int i, status;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < ON_COUNT; i++)
		s->fd[i] = -1;
	if (list_one(roots, name, &d, p))
		return -1;
	/* Whether a group is viable, the kernel knows better than sysfs. */
	if (d.problem.kind != PROBLEM_NONE && d.problem.kind != PROBLEM_NOT_VIABLE) {
		*p = d.problem;
		return -1;
	}
	memcpy(s->name, d.name, sizeof(s->name));
	s->way = way == WAY_ANY ? choose(roots, &d) : way;
	if (s->way == WAY_CDEV)
		status = open_cdev(s, roots, &d, bind, p);
	else
		status = open_container(s, roots, &d, p);
	if (status)
		session_close(s);
	return status;
}

void session_close(struct session *s)
{
	/* The device goes first: what it holds on to cannot go before it. */
	static const enum on order[] = {ON_DEVICE, ON_GROUP, ON_CONTAINER, ON_IOMMUFD};
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (s->fd[order[i]] >= 0)
			close(s->fd[order[i]]);
		s->fd[order[i]] = -1;
	}
	s->bound = false;
}
