"""The script of a run that only maintains its table, on Sail: PyIceberg stands in for Iceberg's procedures."""

if __name__ == "__main__":
    from alur.runtime.job.driver import main
    from alur.runtime.tables.pyiceberg_glue import maintain_in_glue

    main(maintain=maintain_in_glue)
