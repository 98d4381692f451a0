"""The machine: processes that the bench starts and ends, what they cost, and free ports.

Nothing here knows what is measured. Everything is read from /proc, so it is Linux only.
"""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
UNPRIVILEGED = "www-data"


class CannotMeasure(Exception):
    """The bench could not measure, or an answer was wrong. The text says what and where to look."""


class Place:
    """One run's private directory (sockets, logs, configuration) and the processes started in it.

    As root the processes run as www-data, so the directory is theirs and is not below the clone,
    which they may not be able to read.
    """

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="callboard-bench.")
        self.as_user = {}
        self.processes = []
        os.chmod(self.path, 0o755)
        if os.geteuid() == 0:
            self.as_user = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
            os.chown(self.path, pwd.getpwnam(UNPRIVILEGED).pw_uid, -1)

    def file(self, name, text=None):
        """The path of a file in the directory; with text, written."""
        path = os.path.join(self.path, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        return path

    def copy(self, source, name):
        """A copy of a file or a folder that the processes can read. Returns its path."""
        target = self.file(name)
        if os.path.isdir(source):
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
        return target

    def start(self, name, command, ready, keep_root=False):
        """Starts a program and waits until ready() holds. Returns the Popen.

        keep_root: a program that gives up root by itself (nginx, callboard.fcgi).
        """
        log = self.file(name + ".log")
        with open(log, "wb") as out:
            process = subprocess.Popen(
                command, cwd=self.path, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, start_new_session=True, **({} if keep_root else self.as_user))
        self.processes.append(process)
        deadline = time.monotonic() + 15
        while not ready():
            if process.poll() is not None:
                raise CannotMeasure(f"{name} ended at once:\n{tail(log)}")
            if time.monotonic() > deadline:
                raise CannotMeasure(f"{name} was not ready after 15 s:\n{tail(log)}")
            time.sleep(0.02)
        return process

    def log(self, name):
        """What a program started by that name has written so far."""
        with open(self.file(name + ".log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def stop(self, process):
        """Ends one program: SIGTERM, and SIGKILL to what is left of it after 5 s."""
        family = tree(process.pid)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        deadline = time.monotonic() + 5
        while any(alive_in_session(pid, process.pid) for pid in family) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in family:
            if alive_in_session(pid, process.pid):
                os.kill(pid, signal.SIGKILL)
        self.processes.remove(process)

    def clear(self, keep):
        """Ends every program, last started first, and removes the directory unless it is to be kept."""
        for process in reversed(self.processes[:]):
            self.stop(process)
        for pid in tree(os.getpid())[1:]:  # one that was just being started when the bench was told to end
            os.kill(pid, signal.SIGKILL)
        if not keep:
            shutil.rmtree(self.path, ignore_errors=True)


def clean_environment():
    """The environment without CALLBOARD_ variables, which the pool would take for configuration."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CALLBOARD_")}


def tail(path, lines=15):
    """The last lines of a log, indented."""
    with open(path, encoding="utf-8", errors="replace") as log:
        return "".join("    " + line for line in log.readlines()[-lines:])


def free_port():
    """A TCP port of the loopback interface that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(address):
    """Whether somebody accepts connections: a port number or the path of a unix socket."""
    family = socket.AF_INET if isinstance(address, int) else socket.AF_UNIX
    with socket.socket(family) as probe:
        probe.settimeout(1)
        try:
            probe.connect(("127.0.0.1", address) if isinstance(address, int) else address)
            return True
        except OSError:
            return False


def stat_fields(pid):
    """The fields of /proc/PID/stat from the third on (state first), or None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def alive_in_session(pid, session):
    """Whether the process lives and is one of the session that a Popen of ours opened."""
    fields = stat_fields(pid)
    return bool(fields) and fields[0] not in "ZX" and int(fields[3]) == session


def tree(root):
    """The process and all its descendants."""
    parents = {}
    for entry in os.listdir("/proc"):
        fields = stat_fields(entry) if entry.isdigit() else None
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(entry))
    found = [root]
    for pid in found:
        found.extend(parents.get(pid, []))
    return found


def cpu_seconds(root):
    """CPU time, user and system, used so far by a process and its living descendants."""
    total = 0
    for pid in tree(root):
        fields = stat_fields(pid)
        if fields:
            total += int(fields[11]) + int(fields[12])
    return total / TICK


def machine_busy_seconds():
    """CPU time used so far by everything on this machine, all cores."""
    with open("/proc/stat", encoding="utf-8") as stat:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICK


def memory_mb(root):
    """(VmRSS, Pss) in MB of the largest worker: of the children, or of the process itself if it has none.

    Pss shares what workers have in common among them; it is None where /proc does not let us read it.
    """
    family = tree(root)
    largest = (0.0, None)
    for pid in family[1:] or family:
        rss = kilobytes(f"/proc/{pid}/status", "VmRSS:")
        pss = kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:")
        if rss is not None and rss / 1024 > largest[0]:
            largest = (rss / 1024, None if pss is None else pss / 1024)
    return largest


def kilobytes(path, name):
    """The number behind a name in one of /proc's tables, or None."""
    try:
        with open(path, encoding="utf-8") as table:
            for line in table:
                if line.startswith(name):
                    return int(line.split()[1])
    except OSError:
        pass
    return None
