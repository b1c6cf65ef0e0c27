"""`handslag`, also as `python -m services`."""

from services.console.cli import main

if __name__ == "__main__":
    main()
