/* The spectral norm of an infinite matrix: what spectral_norm.lua computes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double a(double i, double j)
{
    double ij = i + j - 1;
    return 1.0 / (ij * (ij - 1) * 0.5 + i);
}

static void multiply_av(int n, const double *x, double *y)
{
    for (int i = 1; i <= n; i++) {
        double sum = 0;
        for (int j = 1; j <= n; j++)
            sum += x[j] * a(i, j);
        y[i] = sum;
    }
}

static void multiply_atv(int n, const double *x, double *y)
{
    for (int i = 1; i <= n; i++) {
        double sum = 0;
        for (int j = 1; j <= n; j++)
            sum += x[j] * a(j, i);
        y[i] = sum;
    }
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 1000;
    double *u = calloc(n + 1, sizeof *u), *v = calloc(n + 1, sizeof *v), *t = calloc(n + 1, sizeof *t);
    if (!u || !v || !t)
        return 1;
    for (int i = 1; i <= n; i++)
        u[i] = 1;
    for (int k = 0; k < 10; k++) {
        multiply_av(n, u, t);
        multiply_atv(n, t, v);
        multiply_av(n, v, t);
        multiply_atv(n, t, u);
    }
    double vbv = 0, vv = 0;
    for (int i = 1; i <= n; i++) {
        vbv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    printf("%.9f\n", sqrt(vbv / vv));
    return 0;
}
