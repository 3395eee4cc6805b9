"""Reading public groups and channels from Telegram itself, with Telethon (extra ``telegram``).

    links      what a link, a name or an ``@name`` points to
    opening    credentials, the session file, signing in
    asking     one question after another: pace, flood waits, dropped connections
    groups     from a name to a group that may be read, or the reason why not
    history    a group's messages, oldest first, in steps
    messages   one message of the API as a record, like one of an export
    deletions  known messages that are no longer there
    judging    rows of a step, with all that is known of the group by then
    state      where each group stands, sealed
    reading    one group into the table ``messages``
    collecting several groups; what ``assay collect telegram`` runs
    report     what such a run did
    facts      what ``assay discover --online`` asks about a candidate
    checking   all candidates in turn
    offline    a Telegram that lives in this process, for tests

Nothing here joins a group, writes a message or downloads a file.
"""
