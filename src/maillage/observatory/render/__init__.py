"""One report, five ways to hand it over; none computes a figure."""
