"""Basket, order, settlement, refund."""
