"""Dashboards as code: written files of `superset/` -> checked chain -> what Superset imports."""
