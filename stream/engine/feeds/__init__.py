"""What every process reads whole: staff, model snapshots, and what operators put in force."""
