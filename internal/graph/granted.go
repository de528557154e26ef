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
	g := t.claims.granted()
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

func (c claims) granted() Granted {
	return Granted{
		Tenant: c.Tenant, Principal: c.Object, Application: c.AppID, Name: c.Name,
		Roles: c.permissions(), Delegated: len(c.Roles) == 0 && c.Scopes != "",
	}
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
