"""Files of the data folder: blobs, spool, reserve and orphans."""
