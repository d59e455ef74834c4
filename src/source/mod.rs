//! Where packets come from: capture files, compressed or not, folders of them, standard input. All input IO is here.
