"""Secrets in their usual forms, which must not reach a bucket; and texts that only look like them."""

import base64
import gzip
import json
import subprocess
from pathlib import PurePath

import pytest

from alur.packaging.secrets import secret_in

BODY = base64.b64encode(bytes(range(96))).decode()
LINES = f"{BODY[:64]}\n{BODY[64:]}\n"


def pem(kind, lines=LINES):
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}-----END {kind}PRIVATE KEY-----\n"


KEYS = {
    "server.pem": pem(""),
    "short.pem": "-----BEGIN PRIVATE KEY-----\nMIIE\n",
    "windows.pem": pem("RSA ").replace("\n", "\r\n"),
    "mark.pem": "\ufeff" + pem("EC "),
    "login": pem("OPENSSH "),
    "encrypted.pem": pem("RSA ", f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A1B\n\n{LINES}"),
    "k8s.yaml": "data:\n  tls.key: |\n" + "".join(f"    {line}\n" for line in pem("").split("\n")),
    "folded.yaml": f'key: "-----BEGIN PRIVATE KEY----- {BODY} -----END PRIVATE KEY-----"\n',
    "sa.json": json.dumps({"type": "service_account", "private_key": pem("")}),
    "placeholder.json": '{"private_key": "-----BEGIN PRIVATE KEY-----\\nMII..."}',
    "twice.json": json.dumps(json.dumps({"private_key": pem("")})),
    "settings.py": f"KEY = '''{pem('RSA ')}'''\n",
    "lines.py": 'KEY = (\n    "-----BEGIN PRIVATE KEY-----\\n"\n    "' + BODY[:64] + '\\n"\n)\n',
    "quoted.txt": "".join(f"> {line}\n" for line in pem("").split("\n")),
    "pgp.asc": "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n" + LINES,
    "pgp2.asc": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + LINES,
    "ssh2": '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "me"\n' + LINES,
    "putty.txt": "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
    "jwk.json": json.dumps({"kty": "RSA", "n": "0vx7", "d": BODY.rstrip("=")[:60]}),
    "jwk2.json": json.dumps({"keys": [{"d": BODY.rstrip("=")[:43], "kty": "EC"}]}),
    "credentials": "[default]\naws_access_key_id = AKIA\naws_secret_access_key = abc\n",
    "aws.ini": f"aws_secret_access_key = {BODY[:40]}\n",
    "config.json": json.dumps({"secretAccessKey": BODY[:40]}),
    "upload.py": f'client(aws_secret_access_key="{BODY[:40]}")\n',
    "state.json": '{\n  "version": 4,\n  "terraform_version": "1.11.4",\n  "serial": 1,\n  "lineage": "a"\n}',
}

HARMLESS = {
    "ca.pem": f"-----BEGIN CERTIFICATE-----\n{LINES}-----END CERTIFICATE-----\n",
    "public.pem": f"-----BEGIN PUBLIC KEY-----\n{LINES}-----END PUBLIC KEY-----\n",
    "public.asc": f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{LINES}",
    "check.py": 'def is_key(text):\n    return text.startswith("-----BEGIN PRIVATE KEY-----")\n',
    "names.py": 'HEADERS = ["-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"]\nn = 1\n',
    "pattern.py": 'KEY = re.compile(rb"^-----BEGIN [A-Z ]*PRIVATE KEY-----", re.MULTILINE)\n',
    "prose.md": "A file with -----BEGIN PRIVATE KEY----- in it is a private key, and is refused.\n",
    "lines.md": "It begins with\n\n-----BEGIN PRIVATE KEY-----\n\nand nobody may see the rest of it.\n",
    "dots.md": "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n",
    "example.ini": "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
    "read.py": 'client(aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"])\n',
    "testing.py": 'os.environ["AWS_SECRET_ACCESS_KEY"] = "testing"\n',
    "digest.py": f'secret_access_key_digest = "{"0" * 64}"\n',
    "id_rsa.pub": f"ssh-rsa {BODY} me\n",
    "public-jwk.json": json.dumps({"kty": "RSA", "n": BODY, "e": "AQAB"}),
    "days.json": json.dumps({"d": "2026-01-01", "kty": "day"}),
    "versions.json": '{"terraform_version": "1.11.4"}',
    "main.tf": 'resource "aws_s3_bucket" "b" {}\n',
    "credentials": "who may do what\n",
    "credentials.py": "from os import environ\n",
    "orders.csv": "id,name\n1,a\n",
    "empty": "",
}


@pytest.mark.parametrize("name", KEYS)
def test_secrets_are_found(name):
    assert secret_in(PurePath("pipelines", name), KEYS[name].encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_secrets_are_found_in_the_encodings_of_windows(encoding):
    assert secret_in(PurePath("server.pem"), pem("").encode(encoding))


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_like_one_is_not(name):
    assert secret_in(PurePath("pipelines", name), HARMLESS[name].encode()) is None


@pytest.mark.parametrize(
    "name",
    ["id_rsa", "id_ed25519", "key.ppk", "terraform.tfstate", "terraform.tfstate.backup", "_netrc"],
)
def test_some_names_are_enough(name):
    assert secret_in(PurePath("pipelines", "creds", name), b"anything")


def openssl(*arguments, text=b""):
    return subprocess.run(
        ["openssl", *arguments], input=text, capture_output=True, check=True
    ).stdout


RSA = openssl("genrsa", "-traditional", "1024")
EC = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")
ENCRYPT = ("-topk8", "-outform", "DER", "-passout", "pass:x")


@pytest.mark.parametrize(
    "der",
    [
        openssl("rsa", "-outform", "DER", "-traditional", text=RSA),
        openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", text=RSA),
        openssl("pkcs8", *ENCRYPT, text=RSA),
        openssl("pkcs8", *ENCRYPT, "-v1", "PBE-SHA1-3DES", text=RSA),
        openssl("ec", "-outform", "DER", text=EC),
        openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", text=EC),
        openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER"),
        openssl("pkcs12", "-export", "-nocerts", "-passout", "pass:x", text=RSA),
    ],
    ids=["rsa", "pkcs8", "encrypted", "pbe", "ec", "pkcs8-ec", "ed25519", "pkcs12"],
)
def test_keys_in_binary_are_found(der):
    assert secret_in(PurePath("key.bin"), der) == "a private key"
    # A truncated key is not a key.
    assert secret_in(PurePath("key.bin"), der[:-1]) is None


@pytest.mark.parametrize(
    "content",
    [
        openssl("rsa", "-pubout", "-outform", "DER", text=RSA),
        openssl("ec", "-pubout", "-outform", "DER", text=EC),
        gzip.compress(b"rows"),
        bytes(1_000),
        b"\x30",
        b"\x30\x00",
        b"\x30\x80\x00\x00",
        b"0,1,2\n",
        b"PAR1" + bytes(100) + b"PAR1",
    ],
    # The contents differ between the processes that collect the tests.
    ids=["rsa", "ec", "gzip", "zeros", "tag", "empty", "endless", "csv", "parquet"],
)
def test_other_binary_files_are_not(content):
    assert secret_in(PurePath("data.bin"), content) is None


def test_a_large_file_is_looked_through_quickly():
    assert secret_in(PurePath("orders.csv"), b"1,-----BEGIN,a\n" * 2_000_000) is None
