from __future__ import annotations

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bandstand.store.accounts.rules import same_address


class UserManager(BaseUserManager["User"]):
    """Makes users; a user without a password is a guest: an account nobody has claimed yet."""

    def create_user(self, email: str, password: str | None = None, **facts: object) -> User:
        user = self.model(email=same_address(email), **facts)
        user.set_password(password)
        if password and user.claimed_at is None:
            user.claimed_at = user.joined_at
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: object) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **facts)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=same_address(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person here, known by an e-mail address. Grants, tickets and receipts hang on it, claimed or not."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # what tickets and logs may show
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=12, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)  # none: a guest who bought without an account

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(email=""), name="user_has_an_address")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_guest(self) -> bool:
        """Whether nobody has set a password for this account yet."""
        return self.claimed_at is None
