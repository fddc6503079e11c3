"""The whole script of a job, which Glue starts. The code itself comes with the job's modules."""

if __name__ == "__main__":
    from alur.runtime.job.driver import main

    main()
