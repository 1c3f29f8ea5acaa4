"""`python -m session_conformance`: the same as the console command."""

from .cli import main

if __name__ == "__main__":
    main()
