"""The contract between a store and the programs of its listeners: messages and a client."""
