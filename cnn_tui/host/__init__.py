"""The machine and this process on it: terminal, memory, hardware, logout."""
