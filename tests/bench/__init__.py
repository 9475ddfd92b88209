"""What measures the program: its arithmetic, its reports, and its hold on processes."""
