"""``python -m gaussmix``: the command line, or a script that runs with scikit-learn's mixture replaced by ours."""

import sys

from gaussmix.estimators.patch import is_script, run_patched

if __name__ == "__main__":
    if is_script(sys.argv[1:]):
        run_patched(sys.argv[1:])
    else:
        from gaussmix.cli.main import main

        main(prog_name="gaussmix")
