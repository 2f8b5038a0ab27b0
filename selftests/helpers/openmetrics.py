#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Read metrics from a URL with the parser that Prometheus' people keep for OpenMetrics,
and print one sample a line, labels in the order of their names."""
import sys
import urllib.request

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    sys.exit(4)

with urllib.request.urlopen(sys.argv[1], timeout=30) as answer:
    kind = answer.headers["Content-Type"]
    text = answer.read().decode("utf-8")
if not kind.startswith("application/openmetrics-text; version=1.0.0"):
    sys.exit(f"Content-Type is {kind}")
if not text.endswith("\n# EOF\n"):
    sys.exit("no # EOF at the end")
for family in text_string_to_metric_families(text):
    if not family.documentation:
        sys.exit(f"{family.name} has no HELP")
    for unit in ("seconds", "bytes"):
        if family.name.endswith("_" + unit) != (family.unit == unit):
            sys.exit(f"{family.name} is in {family.unit}")
    for sample in family.samples:
        if (family.type == "counter") != sample.name.endswith("_total"):
            sys.exit(f"{sample.name} is a {family.type}")
        labels = ",".join(f'{k}="{v}"' for k, v in sorted(sample.labels.items()))
        print(f"{sample.name}{{{labels}}} {sample.value:.9g}")
