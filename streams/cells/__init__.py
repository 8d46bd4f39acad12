"""Small cells: all published counts as one system of sums; what must be withheld, and what an attacker finds; pure."""
