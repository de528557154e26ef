//go:build amd64

#include "textflag.h"

// Which bracket has these lowest four bits.
DATA brackets<>+0(SB)/8, $0
DATA brackets<>+8(SB)/8, $0x00007d007b000000
GLOBL brackets<>(SB), RODATA|NOPTR, $16

DATA odd<>+0(SB)/8, $0xaaaaaaaaaaaaaaaa
GLOBL odd<>(SB), RODATA|NOPTR, $8

// func blocksAVX512(src *byte, n int, c *carry, quotes *byte, lines *uint64, flags *byte, places *uint32, base int) int
//
// It is blocksAVX2 with a block in one register, where a comparison is a bit a
// byte at once. What follows from the bits is found in the same way.
//
// Registers over the loop:
//	SI source  DX blocks left, below 0
//	DI quotes  R12 lines  R11 flags: their ends
//	R13 where the next place goes  R8 the place of the block
//	R9 carry.escaped (0 or 1)  R10 carry.inside (0 or all ones)
//	Z8 quotes  Z9 backslashes  Z10 the bit between [ ] and { }, and the first that is no
//	control character  Z11 the brackets  Z13 line feeds  Z14 carriage returns  X7 all ones
// In a block:
//	Z0 its bytes
//	AX quotes  BX brackets  CX what lies in strings
TEXT ·blocksAVX512(SB), NOSPLIT, $8-72
	MOVQ src+0(FP), SI
	MOVQ n+8(FP), DX
	MOVQ c+16(FP), R8
	MOVQ quotes+24(FP), DI
	MOVQ lines+32(FP), R12
	MOVQ flags+40(FP), R11
	MOVQ places+48(FP), R13
	MOVQ 0(R8), R9
	MOVQ 8(R8), R10
	MOVQ base+56(FP), R8

	MOVL            $0x22, AX
	VPBROADCASTB    AX, Z8
	MOVL            $0x5c, AX
	VPBROADCASTB    AX, Z9
	MOVL            $0x20, AX
	VPBROADCASTB    AX, Z10
	MOVL            $0x0a, AX
	VPBROADCASTB    AX, Z13
	MOVL            $0x0d, AX
	VPBROADCASTB    AX, Z14
	VBROADCASTI32X4 brackets<>(SB), Z11
	VPCMPEQB        X7, X7, X7

	LEAQ  (DI)(DX*8), DI
	LEAQ  (R12)(DX*8), R12
	ADDQ  DX, R11
	NEGQ  DX
	JZ    done

block:
	VMOVDQU8 (SI), Z0
	ADDQ     $64, SI

	// AX: quotes.
	VPCMPEQB Z8, Z0, K1
	KMOVQ    K1, AX

	// BX: brackets of both kinds. A byte is one if it is, but for the bit between
	// the kinds, the one that has its lowest four bits.
	VPORQ    Z10, Z0, Z2
	VPSHUFB  Z0, Z11, Z4
	VPCMPEQB Z4, Z2, K2
	KMOVQ    K2, BX

	// K3: backslashes; K4: control characters and bytes above 0x7f, which are below
	// 0. Most blocks have neither, nor begin behind a backslash.
	VPCMPEQB Z9, Z0, K3
	VPCMPGTB Z0, Z10, K4
	KORQ     K3, K4, K5
	KMOVQ    K5, CX
	ORQ      R9, CX
	JNZ      special

#include "kernel_places_amd64.h"

special:
	// The way from here takes R8 for itself, and gives it back at its end. R14
	// and X15 are the runtime's only between functions of Go.
	MOVQ     R8, kept-8(SP)
	KMOVQ    K3, CX                // CX: backslashes
	VPCMPUB  $1, Z10, Z0, K5
	KMOVQ    K5, R14               // R14: control characters

	// Line ends.
	VPCMPEQB Z13, Z0, K5
	VPCMPEQB Z14, Z0, K6
	KORQ     K5, K6, K5
	KMOVQ    K5, (R12)(DX*8)

#include "kernel_escapes_amd64.h"
	VPMOVB2M   Z0, K5
	KMOVQ      K5, R8              // R8: what is no ASCII
#include "kernel_flags_amd64.h"
