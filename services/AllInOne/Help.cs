namespace Perennial.AllInOne;

internal static class Help
{
    public const string Text = """
        Perennial: every customer's lifecycle stage, why, and the next best action.

        USAGE   dotnet run --project services/AllInOne -- [COMMAND] [OPTIONS]

        (no command)            starts the platform on --data and says how to send the first event
          --data DIR            folder of the SQLite files (default ./data)
          --store sqlserver     with --connection STRING: one database, a schema per service, brought up to date
          --port N              port of the gateway (default 8080; 0: the system chooses every port)
          --now INSTANT         starts the clock there, for example 2011-12-09T23:59:59Z
          --shop ID             the shop to create at the first start (default my-shop)
          --time-zone ZONE      where the shop counts its days (default UTC)
          --currency CODE       what the shop counts in (default EUR)
          --new-key             makes and prints another API key for the shop

        demo                    a real shop's year: imports samples/online-retail, shows stages, flows and next actions
          --exit                ends afterwards instead of running on
          --json                prints one JSON document instead of tables
          --as-of DATE          adds the counts at the end of that day, for example 2011-06-30; may be repeated
          --data DIR            keeps the data there instead of in a temporary folder
          --store, --connection as above

        import FILE             a shop's history: orders as CSV or events as NDJSON, plain or gzipped, - for standard input
          --shop ID             the shop, created when new                                            (required)
          --map FILE            a mapping file: columns, constants, times, refunds, rows to count or to leave out, for example
                                {"columns": {"order_id": "No", "customer_id": "Kunde"}, "time": {"zone": "Europe/Berlin"},
                                 "facts": {"postage": {"field": "product_id", "is": ["POST"]}}, "leave_out": ["duplicate"]}
                                (docs/IMPORTING.md has all of it; UCI Online Retail is known)
          --map COLUMN=FIELD    what a column holds, where its name does not say it; may be repeated. Fields: order_id,
                                customer_id, order_time, product_id, quantity, unit_price, total, currency,
                                product_name, status
          --time-zone ZONE      zone of a new shop (default UTC), also of times written without an offset
          --currency CODE       currency of a new shop (default EUR)
          --time-format FORMAT  how times are written, for example "dd/MM/yyyy HH:mm" (default: 2011-12-09 23:59[:59])
          --refund-prefix TEXT  orders whose id starts with it are refunds that name no order
          --import-id ID        names the import (default: by the file's name, content and mapping); run again, it goes on
          --backfill            the events trigger no campaign (the default); --live: they do
          --progress            tells how far it is where standard error is no terminal, too
          --json                prints one JSON document in the end: counts, facts, refusals
          --data DIR            imports into the data there (default ./data), starting a platform for it
          --store, --connection as above
          --to URL --key KEY    imports into a platform that runs already, by the gateway's address or ingestion's

        migrate                 brings the schema of every service up to date, then ends; creates the database where it is missing
          --store, --connection, --data as above, or PERENNIAL_Store__Kind and PERENNIAL_Store__Connection in the environment

        --health                asks the running platform how it is; exit code 0 when it serves

        Exit code: 0 done, 1 failed or some rows were refused, 2 wrong usage.
        """;
}
