"""The store on disk: TinyDB tables in a folder, safe against other writers, full disks and power cuts."""
