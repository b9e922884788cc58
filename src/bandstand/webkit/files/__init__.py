"""The file door: files and zips by signed, expiring addresses, without Django."""
