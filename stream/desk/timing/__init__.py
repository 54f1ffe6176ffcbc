"""What happens when nobody does anything: escalations, ends of snoozes, tasks that fall due; rows are the timers."""
