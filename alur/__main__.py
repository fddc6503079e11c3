"""``python -m alur``: the command line where its script is not on the PATH."""

from alur.cli.main import main

if __name__ == "__main__":
    main()
