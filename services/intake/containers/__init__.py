"""Files that hold other files: zip, Outlook mails, winmail.dat, PDF with attachments.

Opened in the contained child where a mail is taken apart, and in memory only: nothing is ever
written to a disk, and a name is never used as a path.
"""
