"""``python -m gaussmix``."""

from gaussmix.cli.main import main

if __name__ == "__main__":
    main(prog_name="gaussmix")
