package graph

import (
	"context"
	"errors"
	"time"

	"vakt/internal/tenant"
)

// Granted reads what the credential may do from its tokens, one for Graph and
// one for Exchange. Nothing is asked of the services but the tokens.
func (r *Reader) Granted(ctx context.Context) (Granted, error) {
	t, err := r.c.tokens[tenant.Graph].get(ctx)
	if err != nil {
		return Granted{}, err
	}
	g := Granted{
		Tenant: t.claims.Tenant, Principal: t.claims.Object, Application: t.claims.AppID, Name: t.claims.Name,
		Roles: t.claims.permissions(), Delegated: len(t.claims.Roles) == 0 && t.claims.Scopes != "",
	}
	mail, err := r.c.tokens[tenant.Exchange].get(ctx)
	var ours *Error
	switch {
	case err == nil:
		g.ExchangeRoles = mail.claims.permissions()
	case errors.As(err, &ours) && ours.Kind != WrongTenant:
		g.ExchangeErr = err
	default:
		return Granted{}, err
	}
	return g, nil
}

// timeout is how long one request to a service may take.
func (c *client) timeout(s tenant.Service) time.Duration {
	switch {
	case c.options.Timeout > 0:
		return c.options.Timeout
	case s == tenant.Graph:
		return graphTimeout
	}
	return exchangeTimeout
}
