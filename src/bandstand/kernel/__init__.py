"""What every part may lean on: errors, units, money, time, progress, plug-ins and states. No framework, no I/O."""
