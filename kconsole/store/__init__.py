"""Where it is kept: TinyDB tables in a folder, safe against other writers, full disks and pulled plugs."""
