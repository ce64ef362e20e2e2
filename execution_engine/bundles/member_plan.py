"""What unpacking an archive would do, decided from its central directory before anything is written."""

from __future__ import annotations

import stat
import zipfile
from dataclasses import dataclass, field

from execution_engine.bundles.limits import Limits
from execution_engine.bundles.link_targets import first_fault
from execution_engine.bundles.member_names import GIT_FOLDER, Parts, UnsafeName, parts_of, text_of
from execution_engine.errors import CodeUnusable

_ENCRYPTED = 0x1 | 0x40
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class PlannedFile:
    info: zipfile.ZipInfo
    mode: int


@dataclass(slots=True)
class MemberPlan:
    """Where each member goes. ``folders`` holds implied ones too; ``size`` is what is declared, in bytes."""

    folders: dict[Parts, int | None] = field(default_factory=dict)
    files: dict[Parts, PlannedFile] = field(default_factory=dict)
    links: dict[Parts, str] = field(default_factory=dict)
    size: int = 0

    @property
    def members(self) -> int:
        return len(self.folders) + len(self.files) + len(self.links)


def plan_members(archive: zipfile.ZipFile, packed: int, limits: Limits) -> MemberPlan:
    """The plan for an archive of ``packed`` bytes. Raises ``CodeUnusable`` at the first member at fault."""
    infos = archive.infolist()
    _refuse_if(limits.exceeded(members=len(infos)))
    plan = MemberPlan()
    for info in infos:
        _place(archive, info, plan, limits)
        _refuse_if(limits.exceeded(members=plan.members, size=plan.size))
    _refuse_if(limits.exceeded(size=plan.size, packed=packed))
    fault = first_fault(plan.links, limits.link_length)
    if fault is not None:
        raise CodeUnusable(f"the archive's member {text_of(fault.link)!r} {fault.why}")
    return plan


def _refuse_if(why: str | None) -> None:
    if why is not None:
        raise CodeUnusable(f"the archive is too large: {why}")


def _place(archive: zipfile.ZipFile, info: zipfile.ZipInfo, plan: MemberPlan, limits: Limits) -> None:
    # zipfile cuts a name at its first NUL; the original shows what was meant to be hidden behind it.
    shown = info.orig_filename if "\0" in info.orig_filename else info.filename
    try:
        parts = parts_of(shown)
    except UnsafeName as error:
        raise _refusal(shown, str(error)) from error
    if GIT_FOLDER in parts:
        raise _refusal(shown, f"lies in {GIT_FOLDER}, which may hold credentials; leave it out (git archive does)")
    kind = _kind(info, shown)
    if not parts:
        if kind == stat.S_IFDIR:
            return  # "./", the code's own folder
        raise _refusal(shown, "takes the place of the code's own folder")
    _note_folders_above(parts, shown, plan)
    if kind != stat.S_IFDIR and parts in plan.folders:
        raise _refusal(shown, "is in it as a folder too")
    if parts in plan.files or parts in plan.links or plan.folders.get(parts) is not None:
        raise _refusal(shown, "is in it twice")
    plan.size += info.file_size
    mode = info.external_attr >> 16
    if kind == stat.S_IFDIR:
        plan.folders[parts] = (mode & 0o777 or 0o755) | 0o700
    elif kind == stat.S_IFLNK:
        plan.links[parts] = _target(archive, info, shown, limits)
    else:
        plan.files[parts] = PlannedFile(info, (mode & 0o777 if mode else 0o644) | 0o400)


def _kind(info: zipfile.ZipInfo, shown: str) -> int:
    """``S_IFDIR``, ``S_IFLNK`` or ``S_IFREG``. Archives from systems without Unix modes say only 'folder'."""
    if info.flag_bits & _ENCRYPTED:
        raise _refusal(shown, "is encrypted, and nobody gave us a password")
    if info.compress_type not in _METHODS:
        raise _refusal(shown, f"uses compression method {info.compress_type}; use deflate")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFREG):
        raise _refusal(shown, "is a device, pipe or socket")
    named_folder = info.filename.endswith("/")
    if named_folder and kind == stat.S_IFLNK:
        raise _refusal(shown, "is a symbolic link with the name of a folder")
    if named_folder or kind == stat.S_IFDIR:
        if info.file_size:
            raise _refusal(shown, "is a folder with content of its own")
        return stat.S_IFDIR
    return kind or stat.S_IFREG


def _note_folders_above(parts: Parts, shown: str, plan: MemberPlan) -> None:
    """Folders that the name implies, nearest first: above a known folder everything is known."""
    for end in range(len(parts) - 1, 0, -1):
        above = parts[:end]
        if above in plan.folders:
            return
        if above in plan.links:
            raise _refusal(shown, f"lies below the symbolic link {text_of(above)!r}")
        if above in plan.files:
            raise _refusal(shown, f"lies below {text_of(above)!r}, which is a file")
        plan.folders[above] = None


def _target(archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, limits: Limits) -> str:
    """A link's target is its content, the only content that a plan reads, and no more than is allowed."""
    if info.file_size > limits.link_length:
        raise _refusal(shown, f"is a symbolic link with a target longer than {limits.link_length} bytes")
    with archive.open(info) as content:
        return content.read(limits.link_length + 1).decode(errors="surrogateescape")


def _refusal(shown: str, why: str) -> CodeUnusable:
    return CodeUnusable(f"the archive's member {shown!r} {why}")
