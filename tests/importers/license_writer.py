"""License files as the server has them, with whatever fields a test wants."""

FULL_ID = "12345-ABCDE-FGHIJ"
"""A license ID that must be found nowhere but in the file."""

SIGNATURE = "c2VjcmV0c2lnbmF0dXJl"


def license_key(*lines: str, users: str = "25", license_id: str = FULL_ID, features: str = "Antispam") -> bytes:
    """A whole file: both blocks, with further lines in the first one."""
    return "\r\n".join(
        [
            "--LICENSE--",
            "Format-Version: 2",
            f"Base-ID: {license_id}",
            "Product: Kerio Connect",
            "License-Expires: 04 May 2027",
            "Subscription-Expires: 04 May 2027",
            f"Users: {users}",
            "OS: ALL",
            "Company: Northwind Traders",
            "E-Mail: anna@north.example",
            f"Features: {features}",
            "Antivirus-Expires: 04 Apr 2027",
            "Feature-Begin: ActiveSync",
            "Users: 5",
            "Expires: 01 Jan 2027",
            "Feature-End",
            *lines,
            "--SIGNATURE--",
            "Users: 9999",
            SIGNATURE,
            "--END--",
            "--PRODUCT-LICENSE--",
            f"Product-ID: {license_id}",
            "License-Type: Full",
            "--PRODUCT-SIGNATURE--",
            SIGNATURE,
            "--PRODUCT-END--",
            "",
        ]
    ).encode()


def trial_key(expires: str = "30 Aug 2026", users: str = "50") -> bytes:
    """The file of a trial."""
    return f"--LICENSE--\nLicense-Type: Trial\nUsers: {users}\nLicense-Expires: {expires}\n--END--\n".encode()


def key(*lines: str) -> bytes:
    """A file of one block with these lines."""
    return "\n".join(["--LICENSE--", *lines, "--SIGNATURE--", SIGNATURE, "--END--"]).encode()
