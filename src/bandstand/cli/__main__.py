from bandstand.cli.main import main

main()
