"""Runs one part of the measures, once Django stands."""

import argparse
from importlib import import_module

import django


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("module", choices=("figures", "pages", "portal"))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    django.setup()
    import_module("maillage.config.wsgi")  # as the web server settles, before it answers
    import_module(f"bench.{options.module}").main(options.quick)


if __name__ == "__main__":
    main()
